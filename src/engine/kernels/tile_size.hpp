// Size of a tile: the part of a layer's output whose sums stay in registers.
#pragma once

#include <type_traits>

namespace sma::engine {

constexpr int tile_rows = 6;      ///< output pixels
constexpr int tile_columns = 16;  ///< output channels

/// Calls work with `rows`, 1 to tile_rows, as a constant.
template <class Work>
void with_constant_rows(int rows, Work work) {
    static_assert(tile_rows == 6);
    switch (rows) {
        case 1:
            return work(std::integral_constant<int, 1>());
        case 2:
            return work(std::integral_constant<int, 2>());
        case 3:
            return work(std::integral_constant<int, 3>());
        case 4:
            return work(std::integral_constant<int, 4>());
        case 5:
            return work(std::integral_constant<int, 5>());
        default:
            return work(std::integral_constant<int, 6>());
    }
}

}  // namespace sma::engine
