// Limits of what a file may cost, checked against its header.
#pragma once

#include "sma/image/decode_options.hpp"

#include "image_header.hpp"

namespace sma::image {

/// The file's format, if it is an allowed one. Errors: empty_file, unsupported_media_type.
result<image_format const*> allowed_format(std::string_view file, decode_options const& options);

/// Checks that the image is within every limit: pixels, bytes of the whole image, frames or pages, scans, and the work
/// that a small file may cause. Errors: image_too_large.
result<void> check_limits(image_header const& header, std::string_view file, decode_options const& options);

}  // namespace sma::image
