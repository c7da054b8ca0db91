// Name, scheduling policy and priority of the calling thread.
#pragma once

namespace sma {

/// The name that debuggers and `top -H` show; at most 15 characters.
void name_this_thread(char const* name) noexcept;

/// When this thread, or one that it starts from now on, has something to do, it waits for a processor to be free or for
/// the end of the time slice of whoever has it, some milliseconds: it never interrupts a forward pass, whose threads
/// all wait for the one that is interrupted. Its share of the processors stays the same. Cannot be taken back. Does
/// nothing where the system has no such thing.
void stop_interrupting_others() noexcept;

/// Gives way to the threads that serve: a lower priority and longer time slices, for this thread and for those that it
/// starts from now on, an OpenMP team's included. Cannot be taken back. Does nothing where the system has no such
/// thing.
void lower_this_threads_priority() noexcept;

}  // namespace sma
