// Tile of a matrix product in int8: up to six rows of u8 by sixteen columns of s8, summed exactly in 32 bits.
#pragma once

#include "tile_size.hpp"

#include <cstddef>
#include <cstdint>

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

/// sums[row][column] = start[column] + sum over taps and k of rows[tap][row][k] * weights[tap][k][column].
///
/// The instruction (vpmaddubsw) adds two products in 16 bits and saturates. Weights are therefore stored such that no
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
    std::int32_t* sums;          ///< [rows][tile_columns]
};

/// Computes the first `rows` rows, 1 to tile_rows. Needs AVX2.
void compute(int8_tile const& t, int rows);

}  // namespace sma::engine
