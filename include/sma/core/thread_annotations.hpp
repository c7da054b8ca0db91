// Mutex and lock for clang's -Wthread-safety, with which `./run lint` checks that guarded members are used only while
// their mutex is held. Other compilers see a plain std::mutex.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#if defined(__clang__)
#define SMA_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define SMA_THREAD_ANNOTATION(x)
#endif

#define SMA_GUARDED_BY(m) SMA_THREAD_ANNOTATION(guarded_by(m))         ///< a member that only a holder of m may touch
#define SMA_REQUIRES(m) SMA_THREAD_ANNOTATION(requires_capability(m))  ///< a function that only a holder of m may call

namespace sma {

/// std::mutex that the analysis knows. Taken through mutex_lock.
class SMA_THREAD_ANNOTATION(capability("mutex")) mutex {
private:
    friend class mutex_lock;
    std::mutex native_;
};

/// Holds a mutex for a scope. Belongs to the thread that made it.
class SMA_THREAD_ANNOTATION(scoped_lockable) mutex_lock {
public:
    explicit mutex_lock(mutex& m) SMA_THREAD_ANNOTATION(acquire_capability(m)) : lock_(m.native_) {}
    ~mutex_lock() SMA_THREAD_ANNOTATION(release_capability()) = default;
    mutex_lock(mutex_lock const&) = delete;
    mutex_lock& operator=(mutex_lock const&) = delete;

    /// Both have spurious wake-ups: call them in a loop that checks the condition.
    void wait(std::condition_variable& changed) { changed.wait(lock_); }
    void wait_for(std::condition_variable& changed, std::chrono::nanoseconds at_most) {
        changed.wait_for(lock_, at_most);
    }
    /// Waits until `done()` is true, until `time` or until a stop; returns `done()`. The predicate runs with the mutex
    /// held: SMA_REQUIRES.
    template <class Predicate>
    bool wait_until(std::condition_variable_any& changed, std::stop_token const& stop,
                    std::chrono::steady_clock::time_point time, Predicate done) {
        if (time == std::chrono::steady_clock::time_point::max()) return changed.wait(lock_, stop, std::move(done));
        return changed.wait_until(lock_, stop, time, std::move(done));
    }

private:
    std::unique_lock<std::mutex> lock_;
};

}  // namespace sma
