// Filter of a worker's system calls.
#pragma once

#include "sma/core/error.hpp"

namespace sma::decode_worker {

/// From now on only what decoding needs is permitted, and anything else ends the process (SIGSYS): memory that is not
/// code, answers on the worker's socket, messages on standard error, time, threads. Error: unsupported.
result<void> filter_system_calls();

}  // namespace sma::decode_worker
