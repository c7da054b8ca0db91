// Walk over the LZW codes of a GIF frame, which counts its pixels without decoding them.
#pragma once

#include <cstdint>
#include <string_view>

namespace sma::image {

/// The pixels that the codes stand for, counted no further than `wanted`. `data` begins with the code size; its
/// sub-blocks may be cut off. A code that no decoder knows ends the count.
std::int64_t pixels_in_gif_codes(std::string_view data, std::int64_t wanted) noexcept;

}  // namespace sma::image
