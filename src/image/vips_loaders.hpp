// Which of the formats this machine's libvips reads.
#pragma once

#include "image_format.hpp"

namespace sma::image {

/// False if libvips was built without the format's loader, or its module is not installed. Any thread, once the library
/// was started.
bool has_loader(image_format const& format) noexcept;

}  // namespace sma::image
