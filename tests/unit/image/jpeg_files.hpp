// JPEG files of every kind that libjpeg-turbo writes, and their whole pixels as it decodes them.
#pragma once

#include "pixel_kind.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::image::test {

enum class jpeg_colors { gray, color, cmyk, ycck };

/// How a JPEG is stored.
struct jpeg_kind {
    jpeg_colors colors = jpeg_colors::color;
    int across = 1;  ///< samples of the first channel for each one of the others, along a row
    int down = 1;
    bool progressive = false;
    bool arithmetic = false;
    int restart_interval = 0;  ///< MCUs; 0: none
};

/// Every subsampling and color, coded in every way.
std::vector<jpeg_kind> jpeg_kinds();
std::string to_string(jpeg_kind const& kind);

/// A picture of ramps and noise.
std::string jpeg_of(jpeg_kind const& kind, int width, int height, int orientation = 1);
/// A gray picture that becomes lighter from one corner to the other, without noise.
std::string ramp_jpeg(int width, int height, int orientation);

struct whole_jpeg {
    int width = 0;  ///< as stored
    int height = 0;
    int shrink = 1;  ///< there are that much fewer pixels
    pixel_kind kind = pixel_kind::rgb8;
    std::vector<std::uint8_t> pixels;
    bool ran_out = false;  ///< the file ended before the last row; what is missing was filled
};

/// Every pixel of the file, at 1 / shrink of its size, without any cropping or skipping; nothing where libjpeg-turbo
/// gives up.
std::optional<whole_jpeg> decode_whole(std::string_view file, int shrink = 1);

}  // namespace sma::image::test
