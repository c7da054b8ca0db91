// Batch size cap: falls to the size that worked when memory ran out, and grows back.
#pragma once

#include "sma/core/request_context.hpp"

#include <algorithm>
#include <chrono>

namespace sma::serving {

/// The cap doubles after this long without running out of memory. Where memory stays short that costs one failed pass
/// in each such period; where it does not, the full batch size is back within a few periods.
inline constexpr std::chrono::seconds cap_growth_interval{30};

/// Belongs to one thread. The clock is an argument.
class batch_size_cap {
public:
    explicit batch_size_cap(int max_batch_size) : full_(std::max(max_batch_size, 1)), cap_(full_) {}

    /// The largest batch to try now, images, 1 to max_batch_size.
    int at(steady_time now) noexcept {
        if (cap_ < full_ && now - changed_at_ >= cap_growth_interval) {
            cap_ = std::min(cap_ * 2, full_);
            changed_at_ = now;
        }
        return cap_;
    }

    /// Memory ran out; the largest part that still worked had n images (0: none).
    void reduce_to(int images, steady_time now) noexcept {
        cap_ = std::clamp(images, 1, cap_);
        changed_at_ = now;
    }

private:
    int const full_;
    int cap_;
    steady_time changed_at_{};
};

}  // namespace sma::serving
