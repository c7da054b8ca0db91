// Log sink on standard output, with many lines in one write when they come fast.
#pragma once

#include "log_output.hpp"

#include <spdlog/async.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace sma::log {

/// Used by the writer thread alone, except give_up_soon() and lost_lines(). Writes its lines when the queue is empty;
/// then the thread sleeps briefly, so that the lines of a busy server wake it every few milliseconds rather than once
/// each, because a wake-up takes a processor from the forward pass. The first line after an idle time is written at
/// once.
class coalescing_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    /// `queue` is the queue that the writer thread empties. It outlives this object, because it joins that thread. If
    /// this object owned it, the writer thread could be the one that destroys it.
    explicit coalescing_sink(spdlog::details::thread_pool& queue);

    void give_up_soon() noexcept { output_.give_up_soon(); }
    std::uint64_t lost_lines() const noexcept { return output_.lost_lines(); }

protected:
    void sink_it_(spdlog::details::log_msg const& line) override;
    void flush_() override;

private:
    spdlog::details::thread_pool& queue_;
    log_output output_;
};

}  // namespace sma::log
