// Pixels of the images that are being decoded, limited over all threads.
#pragma once

#include "sma/core/request_context.hpp"
#include "sma/core/thread_annotations.hpp"

#include <condition_variable>
#include <cstdint>

namespace sma::serving {

/// Thread-safe.
class pixel_budget {
public:
    explicit pixel_budget(std::int64_t pixels_max) : pixels_max_(pixels_max) {}

    /// Waits while the image does not fit beside those being decoded; alone it always fits. False if its client left or
    /// its deadline passed.
    bool reserve(std::int64_t pixels, request_context const& context) {
        mutex_lock lock(mutex_);
        auto const fits = [this, pixels]()
                              SMA_REQUIRES(mutex_) { return pixels_ == 0 || pixels_ + pixels <= pixels_max_; };
        bool const got = lock.wait_until(freed_, context.cancelled, context.deadline, fits);
        if (got) pixels_ += pixels;
        return got;
    }
    void release(std::int64_t pixels) {
        {
            mutex_lock const lock(mutex_);
            pixels_ -= pixels;
        }
        freed_.notify_all();
    }

private:
    std::int64_t const pixels_max_;
    mutex mutex_;
    std::condition_variable_any freed_;
    std::int64_t pixels_ SMA_GUARDED_BY(mutex_) = 0;
};

}  // namespace sma::serving
