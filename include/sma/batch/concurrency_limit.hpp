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

    /// One more at a time for every current() that were accepted.
    void accepted() noexcept;
    /// Halves, to 1 at least; but those refused of one flight count once.
    void refused(std::uint64_t begun_in_epoch) noexcept;

private:
    int maximum_;
    double current_;
    std::uint64_t epoch_ = 0;
};

}  // namespace sma::batch
