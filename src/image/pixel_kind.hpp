// Pixel kinds of the decoders, and the conversion of each to RGB bytes, as Pillow's convert("RGB") does it, but
// for gray of 16 bits, which Pillow cuts off at 255.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sma::image {

enum class pixel_kind {
    gray8,
    gray_alpha8,
    rgb8,
    rgba8,
    cmyk8,
    cmyk8_inverted,
    gray16,  ///< the kinds of 16 bits become their high bytes
    gray_alpha16,
    rgb16,
    rgba16,
    cmyk16,
    signed16,  ///< the kinds below have one channel and are cut off to 0 ... 255
    unsigned32,
    signed32,
    real32,
    real64,
};

/// Writes n RGB pixels. `in` must be aligned for its kind.
using row_converter = void (*)(std::uint8_t const* in, int n, std::uint8_t* out);
row_converter converter_of(pixel_kind kind) noexcept;
std::size_t bytes_of(pixel_kind kind) noexcept;

}  // namespace sma::image
