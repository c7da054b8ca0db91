#include "sma/batch/back_off.hpp"

#include <algorithm>
#include <cmath>

namespace sma::batch {

std::chrono::milliseconds back_off::delay(unsigned retry, std::optional<double> retry_after_s) const {
    auto const longest = static_cast<double>(options_.longest.count());
    auto const whole_ms = std::min(
        longest, std::ldexp(static_cast<double>(options_.first.count()), static_cast<int>(std::min(retry, 30U))));
    auto const half_ms = whole_ms / 2;
    auto const asked_s =
        std::clamp(retry_after_s.value_or(0), 0.0, static_cast<double>(options_.retry_after_max.count()));
    auto const least_ms = retry_after_s ? asked_s * 1e3 : half_ms;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(least_ms + random_() * half_ms)));
}

}  // namespace sma::batch
