// Latency histogram in constant memory.
#pragma once

#include <cstdint>
#include <vector>

namespace sma::batch {

/// Logarithmic buckets: percentiles are right to one part in a hundred; average, minimum and maximum are exact.
/// Milliseconds, resolved to a microsecond. Belongs to one thread.
class latency_histogram {
public:
    latency_histogram();

    void add(double ms);
    void add(latency_histogram const& other);

    std::uint64_t count() const noexcept { return count_; }
    double average_ms() const noexcept;
    double minimum_ms() const noexcept { return minimum_ms_; }
    double maximum_ms() const noexcept { return maximum_ms_; }
    /// The latency that `share` (0 to 1) of the requests did not exceed; 0 when there are none.
    double percentile_ms(double share) const noexcept;

private:
    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    double sum_ms_ = 0;
    double minimum_ms_ = 0;
    double maximum_ms_ = 0;
};

}  // namespace sma::batch
