// The wall around a worker: what it may use, and what it may ask of the kernel.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>

namespace sma::decode_worker {

/// Ends this process with the thread that started it. To be called first.
void end_with_server() noexcept;

/// For ever: memory for images of so many pixels and no more, no file, no socket, no other process, no new program. Who
/// breaks a rule of the last four is killed (SIGSYS). Errors: unsupported, where the kernel refuses.
result<void> raise_wall(std::int64_t pixels_max);

}  // namespace sma::decode_worker
