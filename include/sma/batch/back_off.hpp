// Exponential back-off with jitter, for retries against a server.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

namespace sma::batch {

struct back_off_options {
    std::chrono::milliseconds first{200};       ///< of the first retry; doubles with each
    std::chrono::milliseconds longest{10'000};  ///< limit of the doubling
    std::chrono::seconds retry_after_max{300};  ///< a server that asks for more is asked again after this
};

/// Pure but for its source of randomness. Belongs to one thread.
class back_off {
public:
    /// `random` gives numbers from 0 to 1.
    back_off(back_off_options options, std::function<double()> random)
        : options_(options), random_(std::move(random)) {}

    /// Before retry number `retry` (0 is the first). Without `retry_after_s`: a half to the whole of first * 2^retry,
    /// so that clients that were refused together do not come back together. With it: never less than the server asked
    /// for, and up to half of the same more.
    std::chrono::milliseconds delay(unsigned retry, std::optional<double> retry_after_s) const;

private:
    back_off_options options_;
    std::function<double()> random_;
};

}  // namespace sma::batch
