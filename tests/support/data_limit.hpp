// Data limit of this process, to make memory run out at a chosen time.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>

namespace sma::test {

/// A process's writable memory of its own, which is what RLIMIT_DATA bounds (VmData of proc(5)). RLIMIT_AS would not
/// do: it counts what the allocator has only reserved, which a process at its limit may still use.
std::size_t data_bytes(pid_t id);
/// RLIM_INFINITY: as much as there may be.
void limit_data(pid_t id, rlim_t bytes);

}  // namespace sma::test
