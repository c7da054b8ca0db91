// Which of the formats this machine's libvips reads.
#pragma once

#include "image_format.hpp"

namespace sma::image {

/// False if libvips was built without the format's loader, or its module is not installed. Any thread, once the library
/// was started.
bool has_loader(image_format const& format) noexcept;

/// Whether initialize_library() has returned on some thread. Any thread.
bool library_is_ready() noexcept;

}  // namespace sma::image
