// libvips in this process: its start and its version.
#pragma once

#include <string>

namespace sma::image {

/// Sets libvips up for the process: blocks untrusted loaders, no operation cache. Any thread; only the first call does
/// anything.
void initialize_library();

/// Frees what libvips keeps for the calling thread. Call before a decoding thread ends.
void release_thread_memory() noexcept;

/// E.g. "8.14.1". Any thread.
std::string library_version();

}  // namespace sma::image
