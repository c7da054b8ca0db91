// Estimate of the time of a batch and of the service rate, learned from measurements.
#pragma once

#include "sma/core/request_context.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace sma::serving {

/// A measurement is valid for this long. Afterwards it is unknown, and an unknown estimate refuses nothing, so that a
/// slow period cannot make the service refuse everything for ever.
inline constexpr std::chrono::seconds estimate_lifetime{2};

/// Belongs to one thread. Times are arguments; nothing here reads a clock.
class service_estimate {
public:
    using duration = std::chrono::nanoseconds;

    explicit service_estimate(int max_batch_size);

    /// A forward pass of n images, 1 to max_batch_size, that succeeded at once and ended at `now`.
    void add_pass(int images, duration took, steady_time now);
    /// n images were served over `took` of busy time that ended at `now`.
    void add_interval(std::size_t images, duration took, steady_time now);

    /// The expected time of a forward pass of n images; zero if that is not known.
    duration batch_time(int images, steady_time now) const noexcept;
    /// Images a second while busy, averaged over about the last second of it; 0 before the first interval.
    double rate() const noexcept { return rate_; }

private:
    /// A moving average that falls fast and rises slowly, so that one stall has no lasting effect.
    struct average {
        double seconds = 0;
        std::optional<steady_time> measured_at;
        bool is_fresh(steady_time now) const noexcept;
        void add(double s, steady_time now) noexcept;
    };

    std::vector<average> by_size_;  ///< [n - 1]: of a batch of n images
    average per_image_;
    double rate_ = 0;
    std::optional<steady_time> rate_measured_at_;
};

}  // namespace sma::serving
