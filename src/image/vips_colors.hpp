// Colors of an image that libvips opened: the channels that make them, and their pixel kind.
#pragma once

#include "pixel_kind.hpp"
#include "vips_object.hpp"

#include <optional>

namespace sma::image {

/// The image in gray, RGB or CMYK, with one more channel at most: L*a*b* becomes sRGB, further channels are left out.
/// Null where libvips fails. Nothing is decoded yet.
vips_ref<VipsImage> plain_colors(vips_ref<VipsImage> image);

/// The kind of its pixels, if they are of one that can be converted.
std::optional<pixel_kind> kind_of(VipsImage const& image) noexcept;

}  // namespace sma::image
