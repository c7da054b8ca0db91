// Adaptive limit of concurrent requests: lower when a server refuses, higher again while it accepts.
#pragma once

#include <cstdint>

namespace sma::batch {

/// Additive increase, multiplicative decrease, as TCP shares a line. A pure value; belongs to one thread.
class concurrency_limit {
public:
    /// Begins at the maximum, >= 1.
    explicit concurrency_limit(int maximum) : maximum_(maximum), current_(maximum) {}

    int current() const noexcept { return static_cast<int>(current_); }
    /// Changes with every decrease; a request remembers the one it began in.
    std::uint64_t epoch() const noexcept { return epoch_; }

    /// Raises the limit by one for every current() accepted requests.
    void accepted() noexcept;
    /// Halves the limit, to at least 1. Requests of one epoch that are refused together count once.
    void refused(std::uint64_t begun_in_epoch) noexcept;

private:
    int maximum_;
    double current_;
    std::uint64_t epoch_ = 0;
};

}  // namespace sma::batch
