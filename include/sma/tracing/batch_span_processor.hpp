// Batch span processor: a bounded queue of spans, and the thread that exports them.
#pragma once

#include "sma/core/thread_annotations.hpp"
#include "sma/tracing/span_exporter.hpp"
#include "sma/tracing/span_sink.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

namespace sma {
class metrics;
}

namespace sma::tracing {

struct span_processor_options {
    std::size_t spans_max = 4'096;                ///< queued; more are dropped
    std::size_t batch_max = 512;                  ///< spans that are sent together
    std::chrono::milliseconds delay{1'000};       ///< that the first span of a batch waits for others
    std::chrono::milliseconds last_sends{3'000};  ///< after shut_down(), in which another batch may begin
};

/// Owned by the composition. push() on any thread: it takes a mutex that is never held while anything is sent. What
/// cannot be sent is not tried again. Dropped spans are counted by trace_spans_dropped_total: `queue` (it is full),
/// `export` (the collector did not take them), `shutdown`.
class batch_span_processor final : public span_sink {
public:
    batch_span_processor(span_processor_options options, std::unique_ptr<span_exporter> exporter, metrics& m);
    /// Calls shut_down().
    ~batch_span_processor() override;

    void push(std::vector<span>&& spans) noexcept override;
    /// Sends what is queued, waits for it, and ends the thread; what comes later is dropped. After a batch that fails,
    /// or after last_sends, the rest is dropped.
    void shut_down();

private:
    void serve();
    bool take(std::vector<span>& batch);
    bool may_send_more() const SMA_REQUIRES(mutex_);
    bool send(std::vector<span> const& batch);
    result<void> try_send(std::vector<span> const& batch);
    void drop(std::size_t spans, char const* reason) noexcept;
    void drop_rest();

    span_processor_options const options_;
    std::unique_ptr<span_exporter> const exporter_;
    metrics& metrics_;

    mutex mutex_;
    std::condition_variable changed_;
    std::deque<span> queue_ SMA_GUARDED_BY(mutex_);
    bool stopping_ SMA_GUARDED_BY(mutex_) = false;
    bool failing_ = false;  ///< the last batch; the thread's own
    steady_time last_send_begins_ SMA_GUARDED_BY(mutex_){};

    std::thread thread_;  // last: it uses everything above
};

}  // namespace sma::tracing
