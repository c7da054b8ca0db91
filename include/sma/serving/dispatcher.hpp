// Dispatcher: the bounded queue between the coroutines and the inference thread, and that thread.
#pragma once

#include "sma/core/completion.hpp"
#include "sma/core/cpu_arbiter.hpp"
#include "sma/core/error.hpp"
#include "sma/core/model_metrics.hpp"
#include "sma/core/request_context.hpp"
#include "sma/serving/batch_policy.hpp"
#include "sma/serving/engine_turns.hpp"
#include "sma/serving/inference_request.hpp"
#include "sma/serving/queue_slot.hpp"
#include "sma/serving/statistics.hpp"

#include <boost/asio/async_result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace sma::serving {

struct dispatcher_options {
    batch_options batch;
    std::size_t max_queue_size = 128;            ///< images reserved: being decoded, queued or in a batch; >= 1
    std::chrono::milliseconds watchdog{30'000};  ///< a forward pass longer than this is no progress
    std::shared_ptr<cpu_arbiter> arbiter;        ///< with decoding; null: run passes at any time
    std::shared_ptr<engine_turns> turns;         ///< with other models; null: there are none
    engine_turns::priority rank = engine_turns::priority::normal;                        ///< among them
    std::function<steady_time()> now = [] { return std::chrono::steady_clock::now(); };  ///< any thread; tests set it
};

/// First in, first out: a request that was admitted because those before it leave it time is never overtaken. Only
/// images of one model share a batch; a request's images may be spread over several. Owned by the pipeline. All
/// functions may be called on any thread; none blocks.
class dispatcher {
public:
    dispatcher(dispatcher_options options, model_metrics m);
    /// Answers what is queued with shutting_down, waits for the batch in progress. No other function may be called by
    /// then. The executors of the handlers must outlive it: its thread is still inside them when the last handler runs.
    ~dispatcher();

    /// Checks whether n more images could be admitted now, with a deadline: queue_full (retry_after_s from the measured
    /// service rate) or deadline_exceeded (by the estimate it cannot be met). Reserves nothing.
    result<void> check(std::size_t images, steady_time deadline) const;
    /// Checks like check(), and reserves the places.
    result<queue_slot> reserve(std::size_t images, steady_time deadline);

    /// Runs a request for whose images there is a queue_slot. Completes with void(result<inference_output>) on the
    /// handler's executor: an error for the whole request (deadline_exceeded, client_closed_request, shutting_down,
    /// queue_full without a slot, out_of_memory), else one result an image: its logits or out_of_memory,
    /// inference_runtime_error, deadline_exceeded, client_closed_request, shutting_down. Logits never come after the
    /// request's deadline.
    template <class CompletionToken>
    auto async_infer(inference_request request, CompletionToken&& token) {
        return boost::asio::async_initiate<CompletionToken, void(result<inference_output>)>(
            [this](auto handler, inference_request r) {
                submit(std::move(r), std::make_unique<completion<result<inference_output>>>(std::move(handler)));
            },
            token, std::move(request));
    }

    /// Refuses new requests, and answers what is queued with shutting_down; a batch in progress ends normally.
    void close();

    /// Images a second over the last batches; 0 before the first.
    double service_rate() const noexcept;
    /// Images reserved.
    std::size_t queue_depth() const noexcept;
    /// False while one forward pass has been running for longer than the watchdog allows.
    bool makes_progress() const noexcept;
    /// Statistics so far. Batches are counted here, requests by the classifier.
    statistics& done() noexcept;
    statistics const& done() const noexcept;

private:
    void submit(inference_request request, std::unique_ptr<completion<result<inference_output>>> done);

    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::serving
