// OpenMP thread team of a thread that has run a network, and its release.
#pragma once

namespace sma::engine {

/// Ends the calling thread's team; its next forward pass starts a new one. For a thread that has loaded or warmed up a
/// model and will not run it: while a process has more OpenMP threads than CPUs, libgomp lets none of them spin, and
/// every layer of every forward pass then waits for the kernel to wake its threads.
void release_thread_team() noexcept;

}  // namespace sma::engine
