// Colors of an image by its profile (ICC.1:2022) or by code points (ITU-T H.273): RGB of a gamut of its own, as phones
// and cameras write it, becomes sRGB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sma::image {

/// The code points of a picture's colors.
struct color_codes {
    unsigned primaries;
    unsigned transfer;

    bool operator==(color_codes const&) const = default;
};
inline constexpr color_codes srgb_codes{1, 13};
inline constexpr color_codes display_p3_codes{12, 13};

/// What a profile of three curves and a matrix says. Profiles of other kinds (tables, gray, CMYK) are not read.
class color_profile {
public:
    /// Nothing if the profile is of another kind, or damaged. In time bounded by the length of its curves.
    static std::optional<color_profile> read(std::string_view icc);

    /// That of display_p3_codes.
    static color_profile const& display_p3();

    /// True if conversion would change no value by more than 2, which is what the profiles of sRGB differ by.
    bool is_srgb() const noexcept;
    /// n pixels of RGB; `out` may be `in`.
    void to_srgb(std::uint8_t const* in, std::size_t n, std::uint8_t* out) const noexcept;

private:
    using curve = std::array<float, 256>;

    std::array<curve, 3> curves_{};  ///< linear light of each value
    std::array<float, 9> matrix_{};  ///< from that to linear light of sRGB, row by row
};

}  // namespace sma::image
