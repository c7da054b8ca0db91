// Limits of what a worker may use.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>

namespace sma::decode_worker {

/// Memory for images of so many pixels beside what is in use now; no file to write, no new descriptor, no core. Where
/// memory is short it is this process that the kernel ends, not the server. Error: unsupported.
result<void> limit_resources(std::int64_t pixels_max);

}  // namespace sma::decode_worker
