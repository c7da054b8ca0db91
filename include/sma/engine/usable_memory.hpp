// Memory limit of this process.
#pragma once

#include <cstdint>
#include <filesystem>

namespace sma::engine {

/// The machine's memory in bytes, or less where a cgroup (v1 or v2, this one or one above it) limits it. memory.high
/// counts as a limit, because above it the kernel slows the process down. 0 if neither is known. `root` holds proc and
/// sys/fs/cgroup.
std::int64_t usable_memory_bytes(std::filesystem::path const& root = "/");

}  // namespace sma::engine
