#include "sma/core/worker_pool.hpp"

#include "sma/core/metrics.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <string>

namespace sma {
namespace {

constexpr unsigned retry_after_s = 1;

error refusal(errc why, std::size_t parts_max) {
    switch (why) {
        case errc::client_closed_request:
            return client_closed_request();
        case errc::deadline_exceeded:
            return {why, "the request's deadline passed before its turn"};
        case errc::queue_full:
            return {why, "too much work is queued (at most " + std::to_string(parts_max) + " tasks); try again shortly",
                    retry_after_s};
        case errc::shutting_down:
            return {why, "the server is shutting down; try again shortly", retry_after_s};
        case errc::out_of_memory:
            return {why, "not enough memory for this request; try again shortly", retry_after_s};
        default:
            return {errc::internal_error, "the request failed because of an error in the server"};
    }
}

class function_job final : public worker_job {
public:
    // The completion is moved when nothing can throw any more, so that a failure leaves it to the caller.
    function_job(request_context&& c, std::function<void()>&& w, cpu_arbiter* arbiter, std::size_t parts_max,
                 std::unique_ptr<completion<result<void>>>& d)
        : worker_job(std::move(c), 1),
          work_(std::move(w)),
          arbiter_(arbiter),
          parts_max_(parts_max),
          done_(std::move(d)) {}

    void run(std::size_t, worker_state*) override {
        cpu_arbiter::decoding const turn(arbiter_);
        work_();
    }
    void fail(std::size_t, errc why) override { failure_ = why; }
    void complete() override {
        if (context.is_cancelled()) failure_ = errc::client_closed_request;
        done_->complete(failure_ ? result<void>(refusal(*failure_, parts_max_)) : result<void>());
    }

private:
    std::function<void()> work_;
    cpu_arbiter* arbiter_;
    std::size_t parts_max_;
    std::optional<errc> failure_;
    std::unique_ptr<completion<result<void>>> done_;
};

}  // namespace

worker_pool::worker_pool(worker_pool_options options, metrics& m) : options_(std::move(options)), metrics_(m) {
    for (int i = 0; i < std::max(1, options_.threads); ++i) threads_.emplace_back([this] { serve(); });
}

worker_pool::~worker_pool() {
    std::deque<task> unfinished;
    {
        mutex_lock const lock(mutex_);
        stopping_ = true;
        dead_in_front_ = 0;
        unfinished.swap(queue_);
    }
    work_arrived_.notify_all();
    for (auto const& t : unfinished) {
        t.job->fail(t.part, errc::shutting_down);
        finish(t);
    }
    threads_.clear();
}

bool worker_pool::is_idle() const {
    mutex_lock const lock(mutex_);
    return parts_ == 0;
}

std::optional<errc> worker_pool::submit(std::shared_ptr<worker_job> const& job) {
    std::size_t const n = job->parts_left_;
    {
        mutex_lock const lock(mutex_);
        if (stopping_) return errc::shutting_down;
        if (parts_ - dead_in_front_ + n > options_.parts_max) move_dead_to_front();
        if (parts_ - dead_in_front_ + n > options_.parts_max) return errc::queue_full;
        std::size_t const before = queue_.size();
        try {
            for (std::size_t i = 0; i < n; ++i) queue_.push_back({job, i});
        } catch (std::bad_alloc const&) {
            queue_.resize(before);
            throw;
        }
        parts_ += n;
        metrics_.decode_queue_depth.Increment(static_cast<double>(n));
    }
    n == 1 ? work_arrived_.notify_one() : work_arrived_.notify_all();
    return std::nullopt;
}

void worker_pool::run_one(request_context context, std::function<void()> work,
                          std::unique_ptr<completion<result<void>>> done) {
    if (context.is_cancelled()) return done->complete(client_closed_request());
    std::shared_ptr<function_job> job;
    std::optional<errc> refused;
    try {
        job = std::make_shared<function_job>(std::move(context), std::move(work), options_.arbiter.get(),
                                             options_.parts_max, done);
        refused = submit(job);
    } catch (std::bad_alloc const&) {
        refused = errc::out_of_memory;
    }
    if (!refused) return;
    if (!job) return done->complete(refusal(*refused, options_.parts_max));
    job->fail(0, *refused);
    job->complete();
}

bool worker_pool::is_dead(task const& t, steady_time now) noexcept {
    return t.job->context.is_cancelled() || t.job->context.is_expired(now);
}

// Cancelled work must not keep out work that a client waits for.
void worker_pool::move_dead_to_front() {
    auto const now = std::chrono::steady_clock::now();
    auto const living =
        std::stable_partition(queue_.begin(), queue_.end(), [now](task const& t) { return is_dead(t, now); });
    dead_in_front_ = static_cast<std::size_t>(living - queue_.begin());
}

void worker_pool::serve() {
    auto const state = options_.make_state ? options_.make_state() : nullptr;
    task next;
    while (take(next)) {
        run(next, state.get());
        finish(next);
        next = {};
    }
}

bool worker_pool::take(task& next) {
    mutex_lock lock(mutex_);
    while (!stopping_ && queue_.empty()) lock.wait(work_arrived_);
    if (queue_.empty()) return false;
    next = std::move(queue_.front());
    queue_.pop_front();
    if (dead_in_front_ > 0) --dead_in_front_;
    return true;
}

void worker_pool::run(task const& t, worker_state* state) {
    auto const& context = t.job->context;
    if (context.is_cancelled()) return t.job->fail(t.part, errc::client_closed_request);
    if (context.is_expired(std::chrono::steady_clock::now())) return t.job->fail(t.part, errc::deadline_exceeded);
    try {
        t.job->run(t.part, state);
    } catch (std::bad_alloc const&) {
        t.job->fail(t.part, errc::out_of_memory);
    } catch (...) {
        t.job->fail(t.part, errc::internal_error);
    }
}

// The place is free, and the gauge says so, before anybody is answered.
void worker_pool::finish(task const& t) {
    metrics_.decode_queue_depth.Decrement();
    {
        mutex_lock const lock(mutex_);
        --parts_;
    }
    if (t.job->parts_left_.fetch_sub(1) == 1) t.job->complete();
}

}  // namespace sma
