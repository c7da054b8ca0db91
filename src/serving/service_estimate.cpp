#include "service_estimate.hpp"

#include <algorithm>
#include <cmath>

namespace sma::serving {
namespace {

constexpr double fall_weight = 0.5;
constexpr double rise_weight = 0.2;
constexpr double rate_memory_s = 1.0;

double in_seconds(std::chrono::nanoseconds d) { return std::max(std::chrono::duration<double>(d).count(), 1e-9); }

}  // namespace

bool service_estimate::average::is_fresh(steady_time now) const noexcept {
    return measured_at && now - *measured_at < estimate_lifetime;
}

void service_estimate::average::add(double s, steady_time now) noexcept {
    auto const weight = !is_fresh(now) ? 1.0 : s < seconds ? fall_weight : rise_weight;
    seconds += weight * (s - seconds);
    measured_at = now;
}

service_estimate::service_estimate(int max_batch_size)
    : by_size_(static_cast<std::size_t>(std::max(max_batch_size, 1))) {}

void service_estimate::add_pass(int images, duration took, steady_time now) {
    by_size_.at(static_cast<std::size_t>(images - 1)).add(in_seconds(took), now);
    per_image_.add(in_seconds(took) / images, now);
}

void service_estimate::add_interval(std::size_t images, duration took, steady_time now) {
    auto const s = in_seconds(took);
    auto const known = rate_measured_at_ && now - *rate_measured_at_ < estimate_lifetime + took;
    auto const weight = known ? 1 - std::exp(-s / rate_memory_s) : 1.0;
    rate_ += weight * (static_cast<double>(images) / s - rate_);
    rate_measured_at_ = now;
}

service_estimate::duration service_estimate::batch_time(int images, steady_time now) const noexcept {
    auto const size = static_cast<std::size_t>(std::max(images, 1));
    auto expected_s = 0.0;
    if (size <= by_size_.size() && by_size_[size - 1].is_fresh(now))
        expected_s = by_size_[size - 1].seconds;
    else if (per_image_.is_fresh(now))
        expected_s = per_image_.seconds * static_cast<double>(size);
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>(expected_s));
}

}  // namespace sma::serving
