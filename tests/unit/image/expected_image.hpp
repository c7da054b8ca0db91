// Expected result of a file: an error, or a size and the colors of its crop.
#pragma once

#include "sma/core/error.hpp"
#include "sma/image/decoder.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sma::image::test {

using color = std::array<double, 3>;

struct expected_image {
    constexpr expected_image(std::string_view n, errc e) : name(n), failure(e) {}
    constexpr expected_image(std::string_view n, int w, int h, color whole, color quarter)
        : name(n), width(w), height(h), mean(whole), top_left(quarter) {}

    std::string_view name;
    std::optional<errc> failure;
    int width = 0;  ///< after orientation
    int height = 0;
    color mean{};      ///< of the 224 x 224 crop, 0 to 255
    color top_left{};  ///< of its first 112 x 112 pixels: tells the orientations apart
};

/// Checks a decode of `bytes` with the default options.
void check_image(decoder& d, expected_image const& expected, std::string const& bytes);

}  // namespace sma::image::test
