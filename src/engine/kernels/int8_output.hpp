// Output of an int8 tile: sums become stored values.
#pragma once

#include "../network_plan.hpp"
#include "tile_size.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sma::engine {

/// stored = sum * factor[c] + term[c] + residual * residual_factor, limited to the type and rounded.
struct int8_output {
    value_type type;      ///< u8, s8 or f32
    float const* factor;  ///< of the tile's columns
    float const* term;
    std::optional<value_type> residual;  ///< u8 or s8; lies where the output will
    float residual_factor;
};

/// `columns` values a row, 1 to tile_columns. `row_bytes`: from one row of `out` to the next. Needs AVX2.
void store(int8_output const& o, std::int32_t const* sums, int rows, int columns, std::byte* out,
           std::ptrdiff_t row_bytes);

}  // namespace sma::engine
