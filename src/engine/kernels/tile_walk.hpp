// Walk over the tiles of a matrix product, divided evenly among the threads of an OpenMP team.
#pragma once

#include <algorithm>
#include <cstddef>

namespace sma::engine {

/// Rows and columns of the product, counted in tiles. Blocks of rows come first, so that what a block reads stays in
/// the cache while all panels of weights pass by.
struct tile_grid {
    std::ptrdiff_t rows;  ///< of tiles
    std::ptrdiff_t panels;
    std::ptrdiff_t block;  ///< rows of tiles a block
};

/// Calls enter(first, end) for the rows of tiles that follow, then tile(row, panel) for each of them.
template <class Enter, class Tile>
void walk_tiles(tile_grid const& g, int thread, int threads, Enter enter, Tile tile) {
    std::ptrdiff_t const all = g.rows * g.panels;
    std::ptrdiff_t at = all * thread / threads;
    std::ptrdiff_t const end = all * (thread + 1) / threads;
    while (at < end) {
        std::ptrdiff_t const block = at / (g.block * g.panels);
        std::ptrdiff_t const first_row = block * g.block;
        std::ptrdiff_t const rows = std::min(g.block, g.rows - first_row);
        std::ptrdiff_t const block_start = first_row * g.panels;
        std::ptrdiff_t const block_end = std::min(end, block_start + rows * g.panels);
        enter(first_row, first_row + rows);
        for (; at < block_end; ++at) tile(first_row + (at - block_start) % rows, (at - block_start) / rows);
    }
}

}  // namespace sma::engine
