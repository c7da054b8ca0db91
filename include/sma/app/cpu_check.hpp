// Check that this CPU is new enough, before anything of a library runs.
#pragma once

namespace sma::app {

/// For .preinit_array. Ends the process with one line and exit status 2 where there is no SSE4.1, which oneDNN needs:
/// the constructors of libraries could otherwise meet an instruction that the CPU does not have (SIGILL).
void require_cpu(int, char** arguments, char** environment) noexcept;

}  // namespace sma::app
