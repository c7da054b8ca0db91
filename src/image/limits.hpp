// What a file may cost, decided from its header.
#pragma once

#include "sma/image/decode_options.hpp"

#include "image_header.hpp"

namespace sma::image {

/// The file's format, if it is an allowed one. Errors: empty_file, unsupported_media_type.
result<image_format const*> allowed_format(std::string_view file, decode_options const& options);

/// Whether the image is small enough in every respect: pixels, bytes of the whole image, frames or pages, scans, and
/// the work a small file may ask for. Errors: image_too_large, preprocessing_failed.
result<void> check_limits(image_header const& header, std::string_view file, decode_options const& options);

}  // namespace sma::image
