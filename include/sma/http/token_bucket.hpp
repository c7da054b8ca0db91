// Token bucket for a client's request rate. No clock of its own, no sockets.
#pragma once

#include "sma/core/request_context.hpp"

#include <string>

namespace sma::http {

/// A request rate: the average, and the burst.
struct request_rate {
    double per_s = 0;  ///< 0: as often as they like
    double burst = 0;  ///< 0: the requests of one second, at least one

    bool is_limited() const noexcept { return per_s > 0; }
    /// The burst in effect, at least 1.
    double size() const noexcept;

    bool operator==(request_rate const&) const = default;
};

/// The state of a client's bucket after a request, for the response's headers.
struct quota {
    bool allowed = true;
    unsigned limit = 0;          ///< RateLimit-Limit: requests at once
    unsigned remaining = 0;      ///< RateLimit-Remaining: of those, now
    unsigned reset_s = 0;        ///< RateLimit-Reset: until all of them are there again
    unsigned retry_after_s = 0;  ///< Retry-After: until one is there; only if not allowed
};

/// A bucket that is full at first. Not thread-safe.
class token_bucket {
public:
    /// Takes one request out, if there is one. The rate may differ between calls. A `now` before an earlier one counts
    /// as that earlier one.
    quota take(request_rate const& rate, steady_time now) noexcept;

private:
    double spent_ = 0;
    steady_time since_{};
};

}  // namespace sma::http
