// Rows of the input that a convolution multiplies with its weights: for each output pixel and tap, where the values
// lie.
#pragma once

#include "input_layout.hpp"

#include <cstddef>

namespace sma::engine {

template <class T>
class input_rows {
public:
    /// `padding`: a row of what lies outside the images.
    input_rows(convolution_shape const& s, input_layout const& layout, T const* input, T const* padding)
        : s_(s), layout_(layout), input_(input), padding_(padding) {}

    /// `to`: [taps][tile_rows] pointers for output pixels `first` to `first + count`, counted through all images.
    void point(std::ptrdiff_t first, int count, T const** to) const {
        auto const pixels = static_cast<std::ptrdiff_t>(s_.out_pixels());
        auto const values = static_cast<std::ptrdiff_t>(layout_.image_values());
        T const* image = input_ + first / pixels * values;
        int const pixel = static_cast<int>(first % pixels);
        int y = pixel / s_.out_width;
        int x = pixel % s_.out_width;
        for (int r = 0; r < count; ++r) {
            layout_.by_lines ? point_at_lines(image, y, x, to + r) : point_at_pixels(image, y, x, to + r);
            if (++x < s_.out_width) continue;
            x = 0;
            if (++y < s_.out_height) continue;
            y = 0;
            image += values;
        }
    }

private:
    void point_at_lines(T const* image, int y, int x, T const** to) const {
        T const* line = image + static_cast<std::ptrdiff_t>(y) * s_.stride * layout_.line + x * s_.stride * s_.channels;
        for (int ky = 0; ky < s_.kernel; ++ky, to += tile_rows, line += layout_.line) *to = line;
    }

    void point_at_pixels(T const* image, int y, int x, T const** to) const {
        int const top = y * s_.stride - s_.padding;
        int const left = x * s_.stride - s_.padding;
        for (int ky = 0; ky < s_.kernel; ++ky)
            for (int kx = 0; kx < s_.kernel; ++kx, to += tile_rows) {
                int const row = top + ky;
                int const column = left + kx;
                bool const inside = row >= 0 && row < s_.height && column >= 0 && column < s_.width;
                *to =
                    inside ? image + static_cast<std::ptrdiff_t>(row) * layout_.line + column * s_.channels : padding_;
            }
    }

    convolution_shape s_;
    input_layout layout_;
    T const* input_;
    T const* padding_;
};

}  // namespace sma::engine
