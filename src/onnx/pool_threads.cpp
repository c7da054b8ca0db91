#include "pool_threads.hpp"

#include "sma/core/this_thread.hpp"

#include <algorithm>
#include <system_error>

namespace sma::onnx {

class pool_threads::worker {
public:
    worker(function work, void* argument) : work_(work), argument_(argument) {}
    void start() {
        // As all threads that run a network, see ARCHITECTURE.md.
        thread_ = std::thread([work = work_, argument = argument_] {
            name_this_thread("inference");
            work(argument);
        });
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

private:
    function work_;
    void* argument_;
    std::thread thread_;
};

pool_threads::worker* pool_threads::add(function work, void* argument) {
    auto made = std::make_unique<worker>(work, argument);
    if (this_thread_has_low_priority()) {
        mutex_lock const lock(mutex_);
        waiting_.push_back(made.get());
        any_waits_.store(true, std::memory_order_relaxed);
    } else {
        made->start();
    }
    return made.release();
}

void pool_threads::join(worker* w) {
    std::unique_ptr<worker> const ended(w);
    {
        mutex_lock const lock(mutex_);
        waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), w), waiting_.end());
    }
    ended->join();
}

void pool_threads::start_waiting() noexcept {
    if (!any_waits_.load(std::memory_order_relaxed) || this_thread_has_low_priority()) return;
    mutex_lock const lock(mutex_);
    try {
        for (; !waiting_.empty(); waiting_.pop_back()) waiting_.back()->start();
        any_waits_.store(false, std::memory_order_relaxed);
    } catch (std::system_error const&) {  // the next pass tries again
    }
}

}  // namespace sma::onnx
