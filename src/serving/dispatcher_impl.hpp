// Implementation of the dispatcher: the queue behind its mutex, and the inference thread that empties it.
#pragma once

#include "admission.hpp"
#include "batch_queue.hpp"
#include "batch_runner.hpp"
#include "batch_size_cap.hpp"
#include "queue_capacity.hpp"
#include "service_estimate.hpp"
#include "sma/core/thread_annotations.hpp"
#include "sma/serving/dispatcher.hpp"

#include <atomic>
#include <thread>

namespace sma::serving {

/// Owned by the dispatcher. The functions of the first group may be called on any thread, those of the second are the
/// inference thread's.
class dispatcher::impl {
public:
    impl(dispatcher_options options, model_metrics m);
    ~impl();

    result<void> check(std::size_t images, steady_time deadline) const;
    result<queue_slot> reserve(std::size_t images, steady_time deadline);
    void submit(inference_request request, std::unique_ptr<completion<result<inference_output>>> done);
    void close();
    double service_rate() const noexcept { return rate_.load(std::memory_order_relaxed); }
    std::size_t queue_depth() const noexcept { return capacity_->depth(); }
    bool makes_progress() const noexcept;
    statistics& done() noexcept { return done_; }

private:
    load_view load(std::size_t depth, steady_time now) const noexcept;
    std::optional<error> try_push(std::unique_ptr<pending_request>& r);

    void serve() noexcept;
    enum class step { stop, take_turn, work };
    step next_step();
    void work();
    queue_view look_at_queue() const SMA_REQUIRES(mutex_);
    std::chrono::nanoseconds run_batch();
    void collect_orders();
    std::size_t store_results();
    void learn(run_report const& report, steady_time began);
    void learn_rate(steady_time began, steady_time ended);
    void log_batch(steady_time began) const;
    void log_failures(run_report const& report) const;
    void answer(std::vector<std::unique_ptr<pending_request>>& requests);

    dispatcher_options const options_;
    model_metrics const metrics_;

    statistics done_;
    std::shared_ptr<queue_capacity> const capacity_;
    std::atomic<double> rate_{0};  ///< images a second
    std::atomic<steady_time::rep> rate_measured_at_{0};

    mutex& mutex_;                      ///< the capacity's
    std::condition_variable& changed_;  ///< the capacity's: the inference thread waits on it
    batch_queue queue_ SMA_GUARDED_BY(mutex_);
    bool closed_ SMA_GUARDED_BY(mutex_) = false;
    bool stopping_ SMA_GUARDED_BY(mutex_) = false;

    engine_turns::member turn_;
    batch batch_;
    batch_runner runner_;
    service_estimate estimate_;
    batch_size_cap cap_;
    std::vector<std::byte const*> inputs_;
    std::vector<batch_runner::image_result> results_;
    std::vector<feature_order> orders_;
    steady_time last_batch_ended_{};
    bool had_backlog_ = false;  ///< when the last batch ended

    std::thread thread_;  // last: it uses everything above
};

}  // namespace sma::serving
