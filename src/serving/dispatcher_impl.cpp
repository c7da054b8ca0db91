#include "dispatcher_impl.hpp"

#include "batch_trace.hpp"
#include "sma/core/logging.hpp"
#include "sma/core/this_thread.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sma::serving {
namespace {

error shutting_down() {
    return error(errc::shutting_down, "the server is shutting down: send the request again, to another instance", 1);
}

error queue_overrun() { return error(errc::queue_full, "the server is busy, its queue is full: try again", 1); }

error no_memory() {
    return error(errc::out_of_memory, "the server had too little memory for this request: try again later", 5);
}

dispatcher_options checked(dispatcher_options o) {
    o.batch.max_batch_size = std::max(o.batch.max_batch_size, 1);
    o.max_queue_size = std::max<std::size_t>(o.max_queue_size, 1);
    return o;
}

double seconds(steady_time::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

dispatcher::impl::impl(dispatcher_options options, model_metrics m)
    : options_(checked(std::move(options))),
      metrics_(std::move(m)),
      done_(static_cast<std::size_t>(options_.batch.max_batch_size)),
      capacity_(std::make_shared<queue_capacity>(metrics_)),
      mutex_(capacity_->lock),
      changed_(capacity_->changed),
      turn_(
          options_.turns, [places = capacity_] { return places->depth() > 0; }, options_.rank),
      runner_(metrics_, options_.now),
      estimate_(options_.batch.max_batch_size),
      cap_(options_.batch.max_batch_size) {
    auto const size_max = static_cast<std::size_t>(options_.batch.max_batch_size);
    batch_.items.reserve(size_max);
    batch_.last_of.reserve(size_max);
    batch_.dropped.reserve(options_.max_queue_size);
    inputs_.reserve(size_max);
    results_.reserve(size_max);
    orders_.reserve(size_max);
    thread_ = std::thread([this] { serve(); });
}

dispatcher::impl::~impl() {
    {
        mutex_lock const lock(mutex_);
        closed_ = true;
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void dispatcher::impl::close() {
    {
        mutex_lock const lock(mutex_);
        closed_ = true;
    }
    changed_.notify_one();
}

load_view dispatcher::impl::load(std::size_t depth, steady_time now) const noexcept {
    auto const measured_at = steady_time(steady_time::duration(rate_measured_at_.load(std::memory_order_relaxed)));
    auto const fresh = now - measured_at < estimate_lifetime;
    return {depth, options_.max_queue_size, static_cast<std::size_t>(options_.batch.max_batch_size),
            fresh ? rate_.load(std::memory_order_relaxed) : 0};
}

result<void> dispatcher::impl::check(std::size_t images, steady_time deadline) const {
    auto const now = options_.now();
    return admit(load(queue_depth(), now), images, deadline - now);
}

result<queue_slot> dispatcher::impl::reserve(std::size_t images, steady_time deadline) {
    auto const now = options_.now();
    auto depth = capacity_->depth();
    do {
        if (auto admitted = admit(load(depth, now), images, deadline - now); !admitted) return admitted.error();
    } while (!capacity_->try_take(depth, images, now));
    return queue_slot(capacity_, images);
}

void dispatcher::impl::submit(inference_request request, std::unique_ptr<completion<result<inference_output>>> done) {
    std::optional<error> refusal;
    try {
        auto r = std::make_unique<pending_request>(std::move(request), options_.now());
        r->done = std::move(done);
        refusal = try_push(r);
        if (!refusal) return changed_.notify_one();
        done = std::move(r->done);
    } catch (std::bad_alloc const&) {
        refusal = no_memory();
    }
    done->complete(*refusal);
}

std::optional<error> dispatcher::impl::try_push(std::unique_ptr<pending_request>& r) {
    mutex_lock const lock(mutex_);
    if (closed_) return shutting_down();
    if (queue_.view().images + r->remaining() > options_.max_queue_size) return queue_overrun();
    try {
        queue_.push(r);
    } catch (std::bad_alloc const&) {
        return no_memory();
    }
    return std::nullopt;
}

bool dispatcher::impl::makes_progress() const noexcept {
    auto const started = runner_.pass_started();
    return !started || options_.now() - *started <= options_.watchdog;
}

void dispatcher::impl::serve() noexcept {
    name_this_thread("inference");
    for (auto next = next_step(); next != step::stop; next = next_step()) {
        if (next == step::take_turn)
            turn_.begin();
        else
            work();
    }
    answer(batch_.dropped);
}

void dispatcher::impl::work() {
    answer(batch_.dropped);
    if (!batch_.items.empty()) turn_.end(run_batch());
    answer(batch_.last_of);
    batch_.clear();
}

// Between batches nothing is in the engine, so that the places that no queued request holds are those of images that
// are being decoded.
queue_view dispatcher::impl::look_at_queue() const {
    auto view = queue_.view();
    auto const depth = capacity_->depth();
    view.images_coming = depth - std::min(depth, queue_.places());
    view.engine_free_since = last_batch_ended_;
    return view;
}

// Waits until there is something to do. A batch is only taken in this model's turn, so that those who come while it
// waits for that are in it.
dispatcher::impl::step dispatcher::impl::next_step() {
    mutex_lock lock(mutex_);
    for (;;) {
        if (closed_) queue_.drop_all(shutting_down(), batch_);
        if (stopping_) return step::stop;
        if (!batch_.dropped.empty()) return step::work;
        auto const now = options_.now();
        auto const decision = next_batch(
            {cap_.at(now), options_.batch.max_queue_delay, options_.batch.max_decode_delay}, look_at_queue(), now);
        if (decision.batch_size > 0) {
            if (!turn_.has_turn()) {
                queue_.drop_dead(now, batch_);
                return batch_.dropped.empty() ? step::take_turn : step::work;
            }
            queue_.take(decision.batch_size, estimate_, now, batch_);
            metrics_.batch_assembly_duration_seconds.Observe(seconds(options_.now() - now));
            return step::work;
        }
        turn_.yield();
        if (decision.wake_at)
            lock.wait_for(changed_, *decision.wake_at - now);
        else
            lock.wait(changed_);
    }
}

// The time that it took.
std::chrono::nanoseconds dispatcher::impl::run_batch() {
    cpu_arbiter::pass const pass(options_.arbiter.get());
    auto const began = options_.now();
    auto const size = batch_.items.size();
    inputs_.clear();
    for (auto const& [from, index] : batch_.items) {
        if (from->first_batch_size == 0) from->first_batch_size = static_cast<int>(size);
        inputs_.push_back(from->request.images[index].data());
        metrics_.queue_duration_seconds.Observe(seconds(began - from->enqueued_at));
    }
    results_.resize(size);
    collect_orders();
    auto const report = runner_.run(*batch_.model->engine, inputs_, results_, orders_);
    auto const classified = store_results();
    auto const ended = options_.now();
    auto const took = ended - began;
    done_.add_batch(size, classified, took);
    trace_batch(batch_, began, ended);
    learn(report, began);
    log_batch(began);
    log_failures(report);
    metrics_.batches_total.Increment();
    return took;
}

// None unless somebody wants features, so that nobody else pays for them.
void dispatcher::impl::collect_orders() {
    orders_.clear();
    auto const wants = [](batch::item const& i) { return i.from->request.wanted.any(); };
    if (std::none_of(batch_.items.begin(), batch_.items.end(), wants)) return;
    for (auto const& [from, index] : batch_.items)
        orders_.push_back({from->request.wanted, from->features.empty() ? nullptr : &from->features[index]});
}

std::size_t dispatcher::impl::store_results() {
    std::size_t classified = 0;
    for (std::size_t i = 0; i < results_.size(); ++i) {
        if (results_[i].has_value()) ++classified;
        auto const& [from, index] = batch_.items[i];
        from->logits[index] = std::move(results_[i]);
    }
    results_.clear();
    metrics_.images_total.Increment(static_cast<double>(classified));
    return classified;
}

void dispatcher::impl::learn(run_report const& report, steady_time began) {
    auto const ended = options_.now();
    if (report.clean_pass) estimate_.add_pass(static_cast<int>(batch_.items.size()), *report.clean_pass, ended);
    if (report.ran_out_of_memory) {
        cap_.reduce_to(report.largest_pass, ended);
        metrics_.oom_recoveries_total.Increment();
    }
    learn_rate(began, ended);
}

// Under a backlog the time from one batch's end to the next is the time that the whole service needs, decoding
// included. Without one the engine waits for work, and only its own time tells its speed.
void dispatcher::impl::learn_rate(steady_time began, steady_time ended) {
    auto const size = batch_.items.size();
    auto const backlog = queue_depth() >= size + static_cast<std::size_t>(options_.batch.max_batch_size);
    auto const since = backlog && had_backlog_ ? std::max(last_batch_ended_, capacity_->busy_since()) : began;
    estimate_.add_interval(size, ended - since, ended);
    rate_.store(estimate_.rate(), std::memory_order_relaxed);
    rate_measured_at_.store(ended.time_since_epoch().count(), std::memory_order_relaxed);
    last_batch_ended_ = ended;
    had_backlog_ = backlog;
}

void dispatcher::impl::log_batch(steady_time began) const {
    if (!log::enabled(log::level::debug)) return;
    log::debug("batch", {{"images", batch_.items.size()},
                         {"ms", seconds(options_.now() - began) * 1'000},
                         {"queue_depth", queue_depth()},
                         {"images_per_s", service_rate()}});
}

void dispatcher::impl::log_failures(run_report const& report) const {
    if (report.ran_out_of_memory)
        log::warn("out of memory, batch retried in parts",
                  {{"batch_size", batch_.items.size()}, {"largest_part", report.largest_pass}});
    for (auto const& [index, what] : report.failures)
        log::error("inference failed",
                   {{"correlation_id", batch_.items[index].from->request.context.correlation_id}, {"cause", what}});
}

void dispatcher::impl::answer(std::vector<std::unique_ptr<pending_request>>& requests) {
    auto const now = options_.now();
    for (auto const& r : requests) {
        auto output = r->take_answer(now);
        if (r->cancelled > 0) metrics_.cancelled_images_total.Increment(static_cast<double>(r->cancelled));
        if (r->expired > 0) metrics_.expired_images_total.Increment(static_cast<double>(r->expired));
        r->done->complete(std::move(output));
    }
    requests.clear();
}

}  // namespace sma::serving
