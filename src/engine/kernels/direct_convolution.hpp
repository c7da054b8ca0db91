// Direct convolution in any element type: the walk over the tiles of the output, and the order of the packed weights.
#pragma once

#include "input_rows.hpp"
#include "tile_walk.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

namespace sma::engine {

/// Calls tile(pointers, first_pixel, pixels, panel) for this thread's part of the output.
template <class T, class Tile>
void for_each_tile(convolution_shape const& s, input_layout const& layout, input_rows<T> const& input, int images,
                   int panels, Tile tile) {
    constexpr std::ptrdiff_t pointers_max = 1024;
    constexpr std::ptrdiff_t block_bytes = 192 * 1024;
    std::ptrdiff_t const pixels = static_cast<std::ptrdiff_t>(s.out_pixels()) * images;
    std::ptrdiff_t const step = static_cast<std::ptrdiff_t>(layout.taps) * tile_rows;
    auto const row_bytes = static_cast<std::ptrdiff_t>(sizeof(T)) * tile_rows * s.channels * s.stride * s.stride;
    std::ptrdiff_t const most = pointers_max / step;
    std::ptrdiff_t const block = std::clamp<std::ptrdiff_t>(block_bytes / row_bytes, 1, most);
    auto const count = [pixels](std::ptrdiff_t row) {
        return static_cast<int>(std::min<std::ptrdiff_t>(tile_rows, pixels - row * tile_rows));
    };
    std::array<T const*, pointers_max> pointers;
    std::ptrdiff_t block_start = 0;
    walk_tiles(
        {(pixels + tile_rows - 1) / tile_rows, panels, block}, omp_get_thread_num(), omp_get_num_threads(),
        [&](std::ptrdiff_t first, std::ptrdiff_t end) {
            block_start = first;
            for (std::ptrdiff_t r = first; r < end; ++r)
                input.point(r * tile_rows, count(r), pointers.data() + (r - first) * step);
        },
        [&](std::ptrdiff_t row, std::ptrdiff_t panel) {
            tile(pointers.data() + (row - block_start) * step, row * tile_rows, count(row), panel);
        });
}

/// Calls put(k, value) for each weight of output channel `o`, k being its place in the tile's taps. `weights`: [out,
/// in / groups, kernel, kernel].
template <class T, class Put>
void for_each_weight(convolution_shape const& s, input_layout const& layout, int o, T const* weights, Put put) {
    int const inputs = s.channels / s.groups;
    int const group = o / (s.out_channels / s.groups);
    int const shift = group * inputs - input_layout::first_channel(s, o / tile_columns);
    T const* const from = weights + static_cast<std::ptrdiff_t>(o) * inputs * s.taps();
    for (int tap = 0; tap < s.taps(); ++tap)
        for (int c = 0; c < inputs; ++c) {
            int const k = layout.by_lines ? tap * inputs + c : tap * layout.length + shift + c;
            put(k, from[c * s.taps() + tap]);
        }
}

/// Computes a tile of the last panel, of channels that are no multiple of tile_columns, beside its place; `row_bytes`
/// of each row are those of the output, which may hold a residual.
template <class Tile, class Compute>
void compute_narrow(Tile tile, int rows, std::size_t row_bytes, Compute compute) {
    using value = std::remove_pointer_t<decltype(tile.out)>;
    constexpr std::ptrdiff_t whole_row = tile_columns * sizeof(float) / sizeof(value);
    alignas(64) std::array<value, std::size_t{tile_rows} * whole_row> whole{};
    auto* const out = std::exchange(tile.out, whole.data());
    std::ptrdiff_t const out_row = std::exchange(tile.out_row, whole_row);
    for (int r = 0; r < rows; ++r) std::memcpy(whole.data() + r * whole_row, out + r * out_row, row_bytes);
    compute(tile, rows);
    for (int r = 0; r < rows; ++r) std::memcpy(out + r * out_row, whole.data() + r * whole_row, row_bytes);
}

inline int panels_of(convolution_shape const& s) noexcept { return (s.out_channels + tile_columns - 1) / tile_columns; }

}  // namespace sma::engine
