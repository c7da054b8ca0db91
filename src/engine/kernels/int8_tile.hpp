// Tile of a matrix product in int8: up to six rows of u8 by sixteen columns of s8, summed exactly in 32 bits, then
// scaled.
#pragma once

#include "network_plan.hpp"
#include "tile_size.hpp"

#include "sma/engine/cpu_capability.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sma::engine {

/// Values of the inner dimension that one instruction multiplies.
constexpr int quad = 4;

/// Columns of one vector.
constexpr int half_columns = tile_columns / 2;

/// Products that are added once more to one half of a tile; see int8_tile.
struct extra_quad {
    std::int32_t tap;
    std::int32_t offset;  ///< values from the start of the tap
    alignas(32) std::int8_t weights[half_columns * quad];
};

struct extra_quads {
    extra_quad const* first;
    std::ptrdiff_t count;
};

/// How the sums become stored values: stored = sum * factor[c] + term[c] + residual * residual_factor, rounded to the
/// nearest, to even where two are as near, and limited to the type.
struct int8_output {
    value_type type;                     ///< u8, s8 or f32, which is not rounded
    std::optional<value_type> residual;  ///< u8 or s8; lies where the output will
    float residual_factor;
};

/// sums[row][column] = start[column] + sum over taps and k of rows[tap][row][k] * weights[tap][k][column].
///
/// The instruction (pmaddubsw) adds two products in 16 bits and saturates. Weights are therefore stored such that no
/// two neighbors can overflow, whatever the input: |a| + |b| <= 128 for those of one sign. What that takes away from a
/// weight is in an extra quad of its half of the columns, which reads the same input again.
struct int8_tile {
    std::uint8_t const* const* rows;  ///< [taps][tile_rows]
    int offset;                       ///< added to each of them, values
    int taps;
    int length;                  ///< values of one row of a tap, a multiple of quad
    std::int8_t const* weights;  ///< [taps][length / quad][tile_columns][quad]
    extra_quads extra[2];        ///< of the first and of the second half of the columns
    std::int32_t const* start;   ///< tile_columns values
    float const* factor;         ///< tile_columns values
    float const* term;           ///< tile_columns values
    int8_output output;
    std::byte* out;          ///< tile_columns values a row
    std::ptrdiff_t out_row;  ///< bytes from one row to the next
};

/// Computes the first `rows` rows, 1 to tile_rows.
using int8_tile_function = void (*)(int8_tile const& t, int rows);

/// The fastest that `cpu` can run. x86-64 has at least SSE4.1, and arm64 Advanced SIMD.
int8_tile_function select_int8_tile(cpu_capability const& cpu) noexcept;

}  // namespace sma::engine
