// The CPUs and the memory that this process may use.
#pragma once

#include <cstdint>
#include <filesystem>

namespace sma {

/// The number of CPUs that this process can keep busy, >= 1: the CPUs of its affinity mask, or less where a cgroup (v1
/// or v2, this one or one above it) limits CPU time; a fraction is rounded, since one thread too many is throttled only
/// for the missing part, while one too few leaves CPU time unused. `root` holds proc/self/cgroup and sys/fs/cgroup.
int usable_cpus(std::filesystem::path const& root = "/");

/// The cgroup's CPU time in CPUs (quota / period), the least of all levels; infinity where nothing limits it.
double cgroup_cpu_limit(std::filesystem::path const& root);

/// The machine's memory, or less where a cgroup (v1 or v2, this one or one above it) limits it; memory.high counts as a
/// limit, for above it the kernel slows the process down. 0 if nothing says. `root` holds proc and sys/fs/cgroup.
std::int64_t usable_memory_bytes(std::filesystem::path const& root = "/");

}  // namespace sma
