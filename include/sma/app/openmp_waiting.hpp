// How long the threads of a forward pass wait for each other before they sleep.
#pragma once

namespace sma::app {

/// Starts this program anew with the same arguments and GOMP_SPINCOUNT set, unless it or OMP_WAIT_POLICY is set
/// already: libgomp reads them when it is loaded, so that a process cannot change them for itself. To be called before
/// there are threads, open files or output. Returns if nothing is to be done, or if the program cannot be started anew.
void choose_openmp_waiting(char const* const* arguments);

}  // namespace sma::app
