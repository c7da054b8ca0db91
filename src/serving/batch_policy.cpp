#include "sma/serving/batch_policy.hpp"

#include <algorithm>

namespace sma::serving {

batch_decision next_batch(batch_options const& options, queue_view const& queue, steady_time now) noexcept {
    if (queue.images == 0) return {};
    auto const size_max = static_cast<std::size_t>(std::max(options.max_batch_size, 1));
    auto const size = static_cast<int>(std::min(queue.images, size_max));
    if (queue.images >= size_max) return {size, std::nullopt};

    auto const delay = std::max(options.max_queue_delay, std::chrono::microseconds{0});
    auto const wake_at = queue.oldest_enqueued_at + delay;
    if (now >= wake_at) return {size, std::nullopt};
    return {0, wake_at};
}

}  // namespace sma::serving
