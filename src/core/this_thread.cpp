#include "sma/core/this_thread.hpp"

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace sma {

#if defined(__linux__)

void name_this_thread(char const* name) noexcept { pthread_setname_np(pthread_self(), name); }

// Linux: a thread of this policy that wakes up does not preempt a running one, see sched(7).
void stop_interrupting_others() noexcept {
    sched_param const parameters{};
    sched_setscheduler(0, SCHED_BATCH, &parameters);
}

void lower_this_threads_priority() noexcept {
    // Weight 272 beside a normal thread's 1,024, see sched(7): a fifth of a processor that a forward pass wants whole.
    constexpr int niceness = 6;
    stop_interrupting_others();
    setpriority(PRIO_PROCESS, 0, niceness);  // on Linux 0 is the calling thread, not the process
}

// The process's number is that of its main thread.
bool this_thread_has_low_priority() noexcept {
    return getpriority(PRIO_PROCESS, 0) > getpriority(PRIO_PROCESS, static_cast<id_t>(getpid()));
}

#else

void name_this_thread(char const*) noexcept {}
void stop_interrupting_others() noexcept {}
void lower_this_threads_priority() noexcept {}
bool this_thread_has_low_priority() noexcept { return false; }

#endif

}  // namespace sma
