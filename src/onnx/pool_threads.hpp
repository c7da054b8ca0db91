// Threads of ONNX Runtime's pool.
#pragma once

#include "sma/core/thread_annotations.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace sma::onnx {

/// A thread inherits the priority of the one that starts it, and a process without privileges cannot raise it again. So
/// what a thread of low priority adds, such as the loader's at a reload, does not start until start_waiting() is called
/// on one of normal priority. Until then a pass runs on its own thread alone: it takes back the work that no other
/// thread has begun. Any thread.
class pool_threads {
public:
    using function = void (*)(void*);
    class worker;

    /// Will run `work(argument)`. Throws std::system_error if there are no threads to be had.
    worker* add(function work, void* argument);
    /// Waits for the end of the thread if it has started, and forgets it.
    void join(worker* w);
    /// Starts those that wait, unless the calling thread has a low priority, too. Those for which the system has no
    /// thread go on waiting. To be called before each pass: costs a load while none waits.
    void start_waiting() noexcept;

private:
    mutex mutex_;
    std::vector<worker*> waiting_ SMA_GUARDED_BY(mutex_);
    std::atomic<bool> any_waits_ = false;
};

}  // namespace sma::onnx
