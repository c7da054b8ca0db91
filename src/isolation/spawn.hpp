// Start of a worker's program.
#pragma once

#include "sma/core/error.hpp"

#include <sys/types.h>

#include <filesystem>

namespace sma::isolation {

/// Starts the program as a process of its own that inherits two descriptors (as worker_socket and worker_memory) and
/// nothing else: no other descriptor, no handler and no environment. It is in a process group of its own and blocks the
/// signals that tell a service to end: it ends when its server wants it to. Error: io_error.
result<pid_t> spawn_worker(std::filesystem::path const& program, int socket, int memory);

}  // namespace sma::isolation
