// Back-off between a worker that failed and the next one.
#pragma once

#include "sma/core/request_context.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sma::isolation {

/// Starting a worker costs less than decoding a large image, so that a file that ends one gains nothing by it, and the
/// next image gets a new worker at once. But where no image succeeds in between for long, or no worker can be started,
/// each has to wait for longer than the one before. Pure; belongs to one thread.
class restart_pause {
public:
    static constexpr int free_failures = 64;
    static constexpr std::chrono::milliseconds first{100};
    static constexpr std::chrono::milliseconds longest{5'000};

    /// A worker failed on an image.
    void failed(steady_time now) noexcept { pause(failures_ + 1, now); }
    /// A worker could not be started.
    void not_started(steady_time now) noexcept { pause(std::max(failures_, free_failures) + 1, now); }
    /// A worker has decoded an image, or has found out what is wrong with it.
    void succeeded() noexcept { failures_ = 0; }

    bool is_over(steady_time now) const noexcept { return now >= end_; }
    /// Whole seconds until it is, at least one.
    unsigned seconds_left(steady_time now) const noexcept {
        auto const left = std::chrono::ceil<std::chrono::seconds>(end_ - now).count();
        return static_cast<unsigned>(std::max<std::int64_t>(left, 1));
    }

private:
    void pause(int failures, steady_time now) noexcept {
        failures_ = failures;
        int const doublings = failures_ - free_failures - 1;
        if (doublings >= 0) end_ = now + std::min(first * (1 << std::min(doublings, 10)), longest);
    }

    int failures_ = 0;  ///< in a row
    steady_time end_ = steady_time::min();
};

}  // namespace sma::isolation
