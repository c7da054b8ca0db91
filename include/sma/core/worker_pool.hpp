// Bounded thread pool for the work of requests, with deadlines and cancellation.
#pragma once

#include "sma/core/completion.hpp"
#include "sma/core/cpu_arbiter.hpp"
#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/thread_annotations.hpp"

#include <boost/asio/async_result.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace sma {

class metrics;

/// State that one thread of a pool needs for its work. Made, used and destroyed by that thread.
class worker_state {
public:
    virtual ~worker_state() = default;
};

/// Work of one request in parts, of which several may run at the same time. Each part is either run or failed, by one
/// thread; complete() follows the last of them.
class worker_job {
public:
    worker_job(request_context c, std::size_t parts) : context(std::move(c)), parts_left_(parts) {}
    virtual ~worker_job() = default;

    /// On a thread of the pool, with its state. May throw.
    virtual void run(std::size_t part, worker_state* state) = 0;
    /// Instead of run(): client_closed_request, deadline_exceeded or shutting_down. After run() threw: out_of_memory or
    /// internal_error.
    virtual void fail(std::size_t part, errc why) = 0;
    virtual void complete() = 0;

    request_context const context;

private:
    friend class worker_pool;
    std::atomic<std::size_t> parts_left_;
};

struct worker_pool_options {
    int threads = 1;                                            ///< >= 1
    std::size_t parts_max = 128;                                ///< queued or running; more are refused with queue_full
    std::shared_ptr<cpu_arbiter> arbiter;                       ///< with forward passes; null: none
    std::function<std::unique_ptr<worker_state>()> make_state;  ///< called on each thread; none: run() gets null
};

/// Parts begin in the order of submission. A part whose client left or whose deadline passed is not run, and uses no
/// capacity that a living one needs. Submit from any thread. The destructor fails what is queued with shutting_down and
/// waits for what runs.
class worker_pool {
public:
    /// Throws std::system_error if no thread can be started. `m` counts the parts in decode_queue_depth.
    worker_pool(worker_pool_options options, metrics& m);
    ~worker_pool();
    worker_pool(worker_pool const&) = delete;
    worker_pool& operator=(worker_pool const&) = delete;

    /// Queues all parts of the job, or none and returns why: queue_full, shutting_down. Throws std::bad_alloc.
    std::optional<errc> submit(std::shared_ptr<worker_job> const& job);

    /// True if no part is queued or running.
    bool is_idle() const;

    /// Runs `work`, as a job of one part: for work of a request that is too long for the I/O thread, such as parsing
    /// megabytes of JSON. Completes with void(result<void>) on the handler's executor: queue_full, shutting_down,
    /// out_of_memory (also of the work), client_closed_request, deadline_exceeded, or internal_error for what the work
    /// throws. By then the work has ended, or will never run.
    template <class CompletionToken>
    auto async_run(request_context context, std::function<void()> work, CompletionToken&& token) {
        return boost::asio::async_initiate<CompletionToken, void(result<void>)>(
            [this](auto handler, request_context c, std::function<void()> w) {
                run_one(std::move(c), std::move(w), std::make_unique<completion<result<void>>>(std::move(handler)));
            },
            token, std::move(context), std::move(work));
    }

private:
    struct task {
        std::shared_ptr<worker_job> job;
        std::size_t part;
    };

    void run_one(request_context context, std::function<void()> work, std::unique_ptr<completion<result<void>>> done);
    void serve();
    bool take(task& next);
    static void run(task const& t, worker_state* state);
    void finish(task const& t);
    void move_dead_to_front() SMA_REQUIRES(mutex_);
    static bool is_dead(task const& t, steady_time now) noexcept;

    worker_pool_options const options_;
    metrics& metrics_;

    mutable mutex mutex_;
    std::condition_variable work_arrived_;
    std::deque<task> queue_ SMA_GUARDED_BY(mutex_);
    std::size_t parts_ SMA_GUARDED_BY(mutex_) = 0;          ///< queued or running
    std::size_t dead_in_front_ SMA_GUARDED_BY(mutex_) = 0;  ///< queued parts that only have to be failed
    bool stopping_ SMA_GUARDED_BY(mutex_) = false;
    std::vector<std::jthread> threads_;  // last: the threads use everything above
};

}  // namespace sma
