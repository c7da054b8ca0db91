// Colors of an image by its profile (ICC.1:2022): RGB of a gamut of its own, as phones and cameras write it, becomes
// sRGB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sma::image {

/// What a profile of three curves and a matrix says. Profiles of other kinds (tables, gray, CMYK) are not read.
class color_profile {
public:
    /// Nothing if the profile is of another kind, or damaged. In time bounded by the length of its curves.
    static std::optional<color_profile> read(std::string_view icc);

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
