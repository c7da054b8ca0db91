#include "sma/batch/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sma::batch {
namespace {

// Values below `steps` microseconds have a bucket each; above, every power of two has `steps` / 2 of them.
constexpr unsigned step_bits = 7;
constexpr std::uint64_t steps = 1U << step_bits;
constexpr unsigned widths_max = 33;  // up to 2^40 microseconds, 12 days
constexpr std::uint64_t value_max = (std::uint64_t{1} << (step_bits + widths_max)) - 1;

std::size_t bucket_of(std::uint64_t us) {
    if (us < steps) return us;
    unsigned const shift = static_cast<unsigned>(std::bit_width(us)) - step_bits;
    return steps + (shift - 1) * (steps / 2) + ((us >> shift) - steps / 2);
}

// The middle of the bucket.
double value_of(std::size_t bucket) {
    if (bucket < steps) return static_cast<double>(bucket);
    auto const above = bucket - steps;
    auto const shift = above / (steps / 2) + 1;
    auto const low = (above % (steps / 2) + steps / 2) << shift;
    return static_cast<double>(low) + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
}

}  // namespace

latency_histogram::latency_histogram() : buckets_(steps + widths_max * (steps / 2)) {}

void latency_histogram::add(double ms) {
    auto const us = static_cast<std::uint64_t>(std::clamp(std::round(ms * 1e3), 0.0, static_cast<double>(value_max)));
    ++buckets_[bucket_of(us)];
    minimum_ms_ = count_ == 0 ? ms : std::min(minimum_ms_, ms);
    maximum_ms_ = std::max(maximum_ms_, ms);
    sum_ms_ += ms;
    ++count_;
}

void latency_histogram::add(latency_histogram const& other) {
    if (other.count_ == 0) return;
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    minimum_ms_ = count_ == 0 ? other.minimum_ms_ : std::min(minimum_ms_, other.minimum_ms_);
    maximum_ms_ = std::max(maximum_ms_, other.maximum_ms_);
    sum_ms_ += other.sum_ms_;
    count_ += other.count_;
}

double latency_histogram::average_ms() const noexcept {
    return count_ == 0 ? 0 : sum_ms_ / static_cast<double>(count_);
}

double latency_histogram::percentile_ms(double share) const noexcept {
    if (count_ == 0) return 0;
    auto const wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen >= wanted) return std::clamp(value_of(i) / 1e3, minimum_ms_, maximum_ms_);
    }
    return maximum_ms_;
}

}  // namespace sma::batch
