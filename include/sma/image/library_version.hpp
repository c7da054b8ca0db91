// Version of libvips in this process.
#pragma once

#include <string>

namespace sma::image {

/// E.g. "8.14.1". Any thread.
std::string library_version();

}  // namespace sma::image
