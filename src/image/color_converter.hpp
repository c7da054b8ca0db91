// Converter of decoded pixels to sRGB, which remembers the profiles that it saw last.
#pragma once

#include "color_profile.hpp"
#include "image_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sma::image {

/// Belongs to a decoder.
class color_converter {
public:
    /// The n pixels of RGB as they are if the file states no colors, those of sRGB, or has a profile that cannot be
    /// read; else converted, in memory that is reused by the next call.
    std::uint8_t const* convert(image_header const& header, std::uint8_t const* pixels, std::size_t n);

private:
    struct known_profile {
        std::string icc;
        std::optional<color_profile> conversion;  ///< nothing: there is nothing to convert
    };

    known_profile const& look_up(image_header const& header);
    color_profile const* conversion_for(image_header const& header);

    std::array<known_profile, 4> known_;
    std::size_t oldest_ = 0;
    std::string icc_;
    std::vector<std::uint8_t> converted_;
};

}  // namespace sma::image
