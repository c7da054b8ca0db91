// Batch policy: a pure function that decides when to run a batch, and of how many images. The clock is an argument.
#pragma once

#include "sma/core/request_context.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

namespace sma::serving {

struct batch_options {
    int max_batch_size = 8;                        ///< images, >= 1
    std::chrono::microseconds max_queue_delay{0};  ///< longest wait of the oldest image for others; 0: none
    /// How long the idle engine waits for images that are being decoded, when fewer than max_batch_size are ready.
    /// Where decoding and the engine use the same cores, a pass that begins earlier only takes them away from decoding.
    /// 0: never
    std::chrono::microseconds max_decode_delay{0};

    bool operator==(batch_options const&) const = default;
};

/// The state of the queue.
struct queue_view {
    std::size_t images = 0;            ///< waiting
    std::size_t images_coming = 0;     ///< have a place and are not decoded yet
    steady_time oldest_enqueued_at{};  ///< meaningful if images > 0
    steady_time engine_free_since{};
};

/// Run `batch_size` images now (> 0), or look again at `wake_at`, or (neither) when something is queued.
struct batch_decision {
    int batch_size = 0;
    std::optional<steady_time> wake_at;
};

batch_decision next_batch(batch_options const& options, queue_view const& queue, steady_time now) noexcept;

}  // namespace sma::serving
