// Admission of requests to the queue, and the retry time of a refused one: pure functions of the queue's state.
#pragma once

#include "sma/core/error.hpp"

#include <chrono>
#include <cstddef>

namespace sma::serving {

/// The load of the queue at this moment.
struct load_view {
    std::size_t depth = 0;      ///< images reserved
    std::size_t depth_max = 1;  ///< max_queue_size
    std::size_t batch_max = 1;  ///< max_batch_size
    double rate = 0;            ///< images a second; 0: not known
};

/// Seconds until the queued images will have been served: ceil(depth / rate), 1 to 30; 1 if the rate is not known.
unsigned retry_after_s(load_view const& load) noexcept;

/// Admits n images whose deadline is `time_left` away, or refuses with queue_full or deadline_exceeded. The expected
/// wait is that of the images ahead at a slightly lower rate, plus one more batch for variation. If the rate is not
/// known only the queue's bound counts.
result<void> admit(load_view const& load, std::size_t images, std::chrono::nanoseconds time_left);

}  // namespace sma::serving
