// What the operating system is told about the calling thread.
#pragma once

namespace sma::serving {

/// The name that debuggers and `top -H` show; at most 15 characters.
void name_this_thread(char const* name) noexcept;

/// Gives way to the threads that serve: a lower priority and longer time slices, for this thread and for those that it
/// starts from now on, an OpenMP team's included. Cannot be taken back. Does nothing where the system has no such
/// thing.
void lower_this_threads_priority() noexcept;

}  // namespace sma::serving
