#include "sma/serving/batch_policy.hpp"

#include <algorithm>

namespace sma::serving {

batch_decision next_batch(batch_options const& options, queue_view const& queue, steady_time now) noexcept {
    if (queue.images == 0) return {};
    auto const size_max = static_cast<std::size_t>(std::max(options.max_batch_size, 1));
    auto const size = static_cast<int>(std::min(queue.images, size_max));
    if (queue.images >= size_max) return {size, std::nullopt};

    auto wake_at = queue.oldest_enqueued_at + std::max(options.max_queue_delay, std::chrono::microseconds{0});
    if (queue.images_coming > 0) {
        auto const began_to_wait = std::max(queue.oldest_enqueued_at, queue.engine_free_since);
        wake_at = std::max(wake_at, began_to_wait + options.max_decode_delay);
    }
    if (now >= wake_at) return {size, std::nullopt};
    return {0, wake_at};
}

}  // namespace sma::serving
