// Writer of PNG files (W3C, second edition) with a palette that has transparency.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sma::api {

struct png_color {
    std::uint8_t red = 0, green = 0, blue = 0, alpha = 0;
};

using png_palette = std::array<png_color, 256>;

/// `levels` are width * height indices into the palette, row by row. Throws std::bad_alloc. Pure.
std::string write_palette_png(std::string_view levels, int width, int height, png_palette const& palette);

}  // namespace sma::api
