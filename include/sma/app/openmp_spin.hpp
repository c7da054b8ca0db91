// OpenMP spin time: how long the threads of a forward pass wait for each other before they sleep.
#pragma once

namespace sma::app {

/// Executes this program again with GOMP_SPINCOUNT set, if the arguments are those of a command that runs the network
/// and neither it nor OMP_WAIT_POLICY is set already: libgomp reads them when it is loaded, so that a process cannot
/// set them for itself. To be called from the program's .preinit_array, which runs before the constructors of
/// libraries, because libtorch's take some tenths of a second; only memory and system calls are usable there. Returns
/// if nothing is to be done, or if the program cannot be executed again.
void choose_openmp_spin(int count, char** arguments, char** environment) noexcept;

}  // namespace sma::app
