// Inference statistics since the process began, counted as Triton counts them.
#pragma once

#include "sma/core/thread_annotations.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sma::serving {

/// A count and the total time.
struct timed_count {
    void add(std::chrono::nanoseconds took) noexcept {
        ++count;
        time += took;
    }

    std::uint64_t count = 0;
    std::chrono::nanoseconds time{0};
};

/// Times of one request that was answered with logits.
struct request_times {
    std::chrono::nanoseconds total{0};
    std::chrono::nanoseconds queue{0};
    std::chrono::nanoseconds input{0};  ///< decoding, or packing a tensor
    std::chrono::nanoseconds infer{0};
    std::chrono::nanoseconds output{0};  ///< from the last forward pass to the request's results
};

/// A copy, consistent in itself.
struct statistics_snapshot {
    timed_count success;  ///< requests
    timed_count fail;
    timed_count queue;  ///< of the successful ones, as the next three
    timed_count input;
    timed_count infer;
    timed_count output;
    std::uint64_t images = 0;                       ///< classified
    std::vector<timed_count> batches;               ///< of n + 1 images, at n
    std::chrono::system_clock::time_point last_at;  ///< of the last successful request; the epoch: none yet
};

/// Owned by the dispatcher; written by it and by the classifier. Thread-safe, and its lock is held for nanoseconds.
class statistics {
public:
    explicit statistics(std::size_t max_batch_size) { now_.batches.resize(max_batch_size); }

    void add_success(request_times const& times);
    void add_failure(std::chrono::nanoseconds total);
    /// A batch that went through the engine; `classified` of its images have logits.
    void add_batch(std::size_t images, std::size_t classified, std::chrono::nanoseconds took);

    statistics_snapshot read() const;

private:
    mutable mutex mutex_;
    statistics_snapshot now_ SMA_GUARDED_BY(mutex_);
};

}  // namespace sma::serving
