// Queue capacity: the count of images with a place, shared by the dispatcher and the slots that it gave out.
#pragma once

#include "sma/core/model_metrics.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/thread_annotations.hpp"

#include <atomic>
#include <cstddef>

namespace sma::serving {

/// Shared by the dispatcher and its slots, and destroyed with the last of them: coroutines that never ran to their end
/// may be destroyed with their executor, after the dispatcher. Thread-safe.
class queue_capacity {
public:
    explicit queue_capacity(model_metrics const& m) : gauge_(m.queue_depth) {}

    /// Images that have a place.
    std::size_t depth() const noexcept { return depth_.load(std::memory_order_relaxed); }

    /// Takes places for `images`, if depth() is still `depth`, else updates that and returns false.
    bool try_take(std::size_t& depth, std::size_t images, steady_time now) noexcept {
        if (!depth_.compare_exchange_weak(depth, depth + images, std::memory_order_relaxed)) return false;
        if (depth == 0) busy_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
        gauge_.Increment(static_cast<double>(images));
        return true;
    }

    void give_back(std::size_t images) noexcept {
        {
            mutex_lock const held(lock);
            depth_.fetch_sub(images, std::memory_order_relaxed);
        }
        changed.notify_one();
        gauge_.Decrement(static_cast<double>(images));
    }

    /// When depth() last rose from zero.
    steady_time busy_since() const noexcept {
        return steady_time(steady_time::duration(busy_since_.load(std::memory_order_relaxed)));
    }

    /// The mutex of the dispatcher's queue. It is here because the inference thread also waits for places that are
    /// given back: it does not wait for an image that did not decode.
    mutex lock;
    std::condition_variable changed;

private:
    prometheus::Gauge& gauge_;
    std::atomic<std::size_t> depth_{0};
    std::atomic<steady_time::rep> busy_since_{0};
};

}  // namespace sma::serving
