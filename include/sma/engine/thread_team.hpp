// OpenMP thread team of a thread that has run a network, and its release.
#pragma once

namespace sma::engine {

/// Ends the calling thread's team; its next forward pass starts a new one. To be called on a thread that has loaded or
/// warmed up a model and will not run it: while a process has more OpenMP threads than CPUs, libgomp lets none of them
/// spin, and in every layer of every forward pass the kernel then has to wake threads.
void release_thread_team() noexcept;

}  // namespace sma::engine
