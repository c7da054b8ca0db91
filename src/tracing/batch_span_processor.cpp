#include "sma/tracing/batch_span_processor.hpp"

#include "sma/core/logging.hpp"
#include "sma/core/metrics.hpp"
#include "sma/core/this_thread.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace sma::tracing {

using std::chrono::steady_clock;

batch_span_processor::batch_span_processor(span_processor_options options, std::unique_ptr<span_exporter> exporter,
                                           metrics& m)
    : options_(options), exporter_(std::move(exporter)), metrics_(m) {
    thread_ = std::thread([this] { serve(); });
}

batch_span_processor::~batch_span_processor() { shut_down(); }

void batch_span_processor::push(std::vector<span>&& spans) noexcept {
    auto const count = spans.size();
    try {
        mutex_lock const lock(mutex_);
        auto const before = queue_.size();
        if (stopping_ || before + count > options_.spans_max) return drop(count, stopping_ ? "shutdown" : "queue");
        queue_.insert(queue_.end(), std::move_iterator(spans.begin()), std::move_iterator(spans.end()));
        bool const wanted = before == 0 || (before < options_.batch_max && queue_.size() >= options_.batch_max);
        if (!wanted) return;
    } catch (std::exception const&) {
        return drop(count, "queue");
    }
    changed_.notify_one();
}

void batch_span_processor::shut_down() {
    {
        mutex_lock const lock(mutex_);
        if (!std::exchange(stopping_, true)) last_send_begins_ = steady_clock::now() + options_.last_sends;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void batch_span_processor::serve() {
    name_this_thread("sma-traces");
    stop_interrupting_others();
    std::vector<span> batch;
    batch.reserve(options_.batch_max);
    while (take(batch)) {
        failing_ = !send(batch);
        batch.clear();
    }
    drop_rest();
}

/// False at the end.
bool batch_span_processor::take(std::vector<span>& batch) {
    mutex_lock lock(mutex_);
    while (!stopping_ && queue_.empty()) lock.wait(changed_);
    auto const until = steady_clock::now() + options_.delay;
    for (auto now = steady_clock::now(); !stopping_ && queue_.size() < options_.batch_max && now < until;
         now = steady_clock::now())
        lock.wait_for(changed_, until - now);
    if (queue_.empty() || (stopping_ && !may_send_more())) return false;
    auto const end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.batch_max));
    batch.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
    queue_.erase(queue_.begin(), end);
    return true;
}

// A collector that is gone must not hold up the end.
bool batch_span_processor::may_send_more() const { return !failing_ && steady_clock::now() < last_send_begins_; }

bool batch_span_processor::send(std::vector<span> const& batch) {
    auto const sent = try_send(batch);
    if (sent) {
        metrics_.trace_spans_exported_total.Increment(static_cast<double>(batch.size()));
        if (failing_) log::info("traces are exported again", {});
        return true;
    }
    drop(batch.size(), "export");
    if (!failing_) log::warn("traces not exported", {{"error", sent.error().message}, {"spans", batch.size()}});
    return false;
}

result<void> batch_span_processor::try_send(std::vector<span> const& batch) {
    try {
        return exporter_->send(batch);
    } catch (std::exception const& e) {
        return error(errc::internal_error, e.what());
    }
}

void batch_span_processor::drop(std::size_t spans, char const* reason) noexcept {
    try {
        metrics_.count_dropped_spans(reason, spans);
    } catch (std::exception const&) {
        // No memory for a counter: the number is lost.
    }
}

void batch_span_processor::drop_rest() {
    mutex_lock const lock(mutex_);
    if (!queue_.empty()) drop(queue_.size(), "shutdown");
    queue_.clear();
}

}  // namespace sma::tracing
