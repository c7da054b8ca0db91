// Classification in the process of a command, which waits for the model and then classifies files.
#pragma once

#include "pipeline.hpp"
#include "sma/core/error.hpp"
#include "sma/core/metrics.hpp"
#include "sma/core/settings.hpp"

#include <atomic>
#include <future>

namespace sma::app {

/// Before the pipeline and while the process has one thread: chooses resources, checks the wall around decoders, and
/// lets only warnings into the log, since the output is results and progress. Errors: unsupported.
result<void> prepare_local_run(settings& s);

/// Enough images in flight that the engine always has a batch, although files, decoding and results come in bursts: one
/// batch in the engine, three queued, and those being decoded. Nobody waits for a single result here. `wanted` counts
/// instead if it is above 0.
int images_in_flight(settings const& s, int wanted = 0);

/// Destroyed before the io_context of those who classify.
class local_pipeline {
public:
    explicit local_pipeline(settings const& s);

    /// Waits until the weights are loaded. Errors: model_not_loaded, with the reason.
    result<void> load();
    serving::classifier& classifier() noexcept { return parts_.models.front()->classifier; }

private:
    void notify(serving::state now);

    std::atomic<bool> told_{false};
    std::promise<bool> loaded_;
    metrics counters_;
    pipeline parts_;
};

}  // namespace sma::app
