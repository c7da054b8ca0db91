// Landlock, where the kernel has it: no rights to files and to the network.
#pragma once

namespace sma::decode_worker {

/// A second lock beside the filter of system calls, which suffices alone: an older kernel has none.
void forbid_files() noexcept;

}  // namespace sma::decode_worker
