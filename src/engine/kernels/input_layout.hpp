// Input layout of a direct convolution: what a tap is, and whether the input is copied first.
#pragma once

#include "convolution_shape.hpp"
#include "tile_size.hpp"

#include <algorithm>
#include <cstddef>

namespace sma::engine {

/// With many channels a tap is a pixel of the kernel, and what lies outside the image is a row of padding. With few
/// channels, as in a network's first layer, a tap is a line of the kernel, whose values follow each other in a copy of
/// the input with its padding around it.
///
/// The columns of a tile read the same input. With groups those are the groups that a tile's output channels belong to;
/// weights between channels of different groups are zero.
struct input_layout {
    static constexpr int few_channels = 16;

    explicit input_layout(convolution_shape const& s)
        : by_lines(s.kernel > 1 && s.channels < few_channels && s.groups == 1),
          taps(by_lines ? s.kernel : s.taps()),
          length(by_lines ? s.kernel * s.channels : s.channels / s.groups * groups_of_tile(s)),
          padding(by_lines ? s.padding : 0),
          line((s.width + 2 * padding) * s.channels),
          lines(s.height + 2 * padding) {}

    static bool fits(convolution_shape const& s) noexcept {
        constexpr int taps_max = 64;
        int const out = s.out_channels / s.groups;
        return s.taps() <= taps_max && (s.groups == 1 || out % tile_columns == 0 || tile_columns % out == 0);
    }

    static int groups_of_tile(convolution_shape const& s) noexcept {
        return std::min(s.groups, std::max(1, tile_columns / (s.out_channels / s.groups)));
    }

    /// The first channel that the tile's columns read. The last tile may have fewer groups than the others: it begins
    /// earlier, so that all of them read as much, and none beyond the pixel.
    static int first_channel(convolution_shape const& s, std::ptrdiff_t panel) noexcept {
        int const inputs = s.channels / s.groups;
        int const group = static_cast<int>(panel) * tile_columns / (s.out_channels / s.groups);
        return std::min(group, s.groups - groups_of_tile(s)) * inputs;
    }

    std::size_t image_values() const noexcept {
        return static_cast<std::size_t>(line) * static_cast<std::size_t>(lines);
    }

    bool by_lines;
    int taps;
    int length;   ///< values of a tap
    int padding;  ///< pixels around the image in the copy
    int line;     ///< values of a line of the image as it is read
    int lines;
};

/// Copies the images with their padding; `convert` is applied to each value.
template <class From, class To, class Convert>
void copy_images(convolution_shape const& s, input_layout const& layout, int images, From const* from, To* to,
                 To padding, Convert convert) {
    int const lines = images * layout.lines;
    std::ptrdiff_t const inner = static_cast<std::ptrdiff_t>(s.width) * s.channels;
    std::ptrdiff_t const border = static_cast<std::ptrdiff_t>(layout.padding) * s.channels;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < lines; ++i) {
        To* const line = to + static_cast<std::ptrdiff_t>(i) * layout.line;
        int const y = i % layout.lines - layout.padding;
        if (y < 0 || y >= s.height) {
            std::fill(line, line + layout.line, padding);
            continue;
        }
        From const* const source = from + (static_cast<std::ptrdiff_t>(i / layout.lines) * s.height + y) * inner;
        std::fill(line, line + border, padding);
        std::transform(source, source + inner, line + border, convert);
        std::fill(line + border + inner, line + layout.line, padding);
    }
}

}  // namespace sma::engine
