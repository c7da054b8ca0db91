// Size of a tile: the part of a layer's output whose sums stay in registers.
#pragma once

namespace sma::engine {

constexpr int tile_rows = 6;      ///< output pixels
constexpr int tile_columns = 16;  ///< output channels

}  // namespace sma::engine
