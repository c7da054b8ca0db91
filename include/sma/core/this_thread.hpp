// Name, scheduling policy and priority of the calling thread.
#pragma once

namespace sma {

/// The name that debuggers and `top -H` show; at most 15 characters.
void name_this_thread(char const* name) noexcept;

/// Makes this thread, and those that it starts from now on, never preempt another thread: when it has work it waits for
/// a free processor or for the end of a time slice, some milliseconds. A forward pass whose thread is preempted waits
/// with all its threads. The thread's share of the processors does not change. Cannot be undone. Does nothing where the
/// system does not support it.
void stop_interrupting_others() noexcept;

/// Lowers the priority and lengthens the time slices of this thread and of those that it starts from now on, an OpenMP
/// team's included, in favor of the threads that serve. Cannot be undone. Does nothing where the system does not
/// support it.
void lower_this_threads_priority() noexcept;

/// Whether its priority, or that of the thread that started it, was lowered so: is it lower than the main thread's?
bool this_thread_has_low_priority() noexcept;

}  // namespace sma
