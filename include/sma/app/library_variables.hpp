// Environment variables that libraries read when they are loaded: how long the threads of a forward pass wait for each
// other before they sleep, and which signals stay ours.
#pragma once

namespace sma::app {

/// Executes this program again with these variables, if the arguments are those of a command that runs the network and
/// one of them is not set already: a process cannot set them for libraries that it is linked with. To be called from
/// the program's .preinit_array, which runs before the constructors of libraries, because libtorch's take some tenths
/// of a second; only memory and system calls are usable there. Returns if nothing is to be done, or if the program
/// cannot be executed again.
void choose_library_variables(int count, char** arguments, char** environment) noexcept;

}  // namespace sma::app
