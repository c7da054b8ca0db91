// Tile of a matrix product in f32: up to six rows by sixteen columns of the output, which stay in registers.
#pragma once

#include "tile_size.hpp"

#include <cstddef>

namespace sma::engine {

/// out[row][column] = start + sum over taps and k of rows[tap][row][k] * weights[tap][k][column], where start is the
/// bias, plus what `out` holds if `add`. Any thread.
struct f32_tile {
    float const* const* rows;  ///< [taps][tile_rows]
    int offset;                ///< added to each of them, values
    int taps;
    int length;              ///< values of one row of a tap
    float const* weights;    ///< [taps][length][tile_columns]
    float const* bias;       ///< tile_columns values; null: none
    float* out;              ///< tile_columns values a row
    std::ptrdiff_t out_row;  ///< values from one row to the next
    bool add;
    bool relu;
};

/// Computes the first `rows` rows, 1 to tile_rows. Needs AVX2 and FMA on x86-64.
void compute(f32_tile const& t, int rows);

}  // namespace sma::engine
