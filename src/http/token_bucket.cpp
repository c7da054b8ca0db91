#include "sma/http/token_bucket.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace sma::http {
namespace {

/// A client that waits exactly as long as it was told is not refused for a rounding error.
constexpr double tolerance = 1e-6;

unsigned whole(double value) noexcept {
    return static_cast<unsigned>(std::clamp(value, 0.0, double{std::numeric_limits<int>::max()}));
}

}  // namespace

double request_rate::size() const noexcept { return std::max(1.0, burst > 0 ? burst : std::ceil(per_s)); }

quota token_bucket::take(request_rate const& rate, steady_time now) noexcept {
    auto const size = rate.size();
    if (now > since_) {
        spent_ -= std::chrono::duration<double>(now - since_).count() * rate.per_s;
        since_ = now;
    }
    spent_ = std::clamp(spent_, 0.0, size);
    quota q;
    q.allowed = spent_ + 1 <= size + tolerance;
    if (q.allowed)
        spent_ += 1;
    else
        q.retry_after_s = std::max(1U, whole(std::ceil((spent_ + 1 - size) / rate.per_s - tolerance)));
    q.limit = whole(size);
    q.remaining = whole(size - spent_ + tolerance);
    q.reset_s = whole(std::ceil(spent_ / rate.per_s - tolerance));
    return q;
}

}  // namespace sma::http
