#include "sma/serving/shadow_comparison.hpp"

#include "sma/core/await_tuple.hpp"
#include "sma/core/logging.hpp"
#include "sma/serving/top_classes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace sma::serving {
namespace {

// Between two looks whether there is time, while images wait.
constexpr std::chrono::milliseconds idle_poll_interval{10};

using shared_model = std::shared_ptr<model_instance>;

template <class A, class B>
bool is_same(A const& a, B const& b) {
    return !a.owner_before(b) && !b.owner_before(a);
}

scored_class first_class(std::vector<float> const& logits, model_instance const& model) {
    return top_classes(logits, 1, model.temperature()).front();
}

/// Empty if the two can be compared.
std::string why_not(result<shared_model> const& model, result<shared_model> const& shadow) {
    if (!model || !shadow) return std::string("the ") + (model ? "shadow" : "model") + " is not loaded";
    auto const& ours = (*model)->labels;
    auto const& theirs = (*shadow)->labels;
    if (ours.size() != theirs.size())
        return "the shadow has " + std::to_string(theirs.size()) + " classes and the model " +
               std::to_string(ours.size());
    auto const [ours_at, theirs_at] = std::mismatch(ours.begin(), ours.end(), theirs.begin());
    if (ours_at == ours.end()) return {};
    return "class " + std::to_string(ours_at - ours.begin()) + " is `" + *theirs_at + "` to the shadow and `" +
           *ours_at + "` to the model";
}

std::string_view reason_of(errc failure) {
    switch (failure) {
        case errc::client_closed_request:
        case errc::shutting_down:
            return "shutdown";
        case errc::deadline_exceeded:
            return "timeout";
        case errc::queue_full:
            return "queue_full";
        default:
            return "failed";
    }
}

}  // namespace

shadow_comparison::shadow_comparison(boost::asio::any_io_executor executor, image_classifier& shadow,
                                     shadow_options options, shadow_metrics m)
    : executor_(std::move(executor)), shadow_(shadow), options_(std::move(options)), metrics_(std::move(m)) {}

void shadow_comparison::saw(request_context const& context, std::span<std::string_view const> files,
                            classification const& c) noexcept try {
    if (stopping_.stop_requested() || !is_chosen()) return;
    refresh();
    keep(context, files, c);
    start();
} catch (std::bad_alloc const&) {
    // Nothing is compared of a request that has used up the memory.
}

bool shadow_comparison::is_chosen() { return options_.share >= 1 || options_.random() < options_.share; }

void shadow_comparison::keep(request_context const& context, std::span<std::string_view const> files,
                             classification const& c) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!c.logits[i]) continue;
        if (auto const* const reason = keep_one(context, files[i], *c.logits[i], *c.model)) drop(reason, 1);
    }
}

// Why it was not, or null.
char const* shadow_comparison::keep_one(request_context const& context, std::string_view file,
                                        std::vector<float> const& logits, model_instance const& model) {
    if (!reason_.empty()) return "not_comparable";
    auto const pair_model = model_of_pair_.lock();
    if (pair_model.get() != &model) return "model_changed";
    bool const fits = waiting_.size() < options_.images_max && file.size() <= options_.bytes_max - waiting_bytes_;
    if (!fits) return "queue_full";
    auto const first = first_class(logits, model);
    waiting_.push_back({std::string(file), context.correlation_id, first.index, first.confidence});
    waiting_bytes_ += file.size();
    return nullptr;
}

void shadow_comparison::start() {
    if (running_ || waiting_.empty()) return;
    running_ = true;
    try {
        boost::asio::co_spawn(executor_, run(), boost::asio::detached);
    } catch (...) {
        running_ = false;
        throw;
    }
}

boost::asio::awaitable<void> shadow_comparison::run() {
    // The answer to the client comes first.
    co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    boost::asio::steady_timer timer(executor_);
    while (!waiting_.empty()) {
        if (!options_.is_idle()) {
            timer.expires_after(idle_poll_interval);
            auto const [failure] = co_await timer.async_wait(await_tuple);
            (void)failure;
            continue;
        }
        auto const image = take_next();
        try {
            co_await classify(image);
        } catch (std::exception const& e) {
            log::error("exception while comparing with a shadow", {{"shadow", options_.shadow}, {"cause", e.what()}});
            drop("failed", 1);
        }
    }
    running_ = false;
}

boost::asio::awaitable<void> shadow_comparison::classify(waiting_image const& image) {
    auto const pair = pair_;
    request_context context;
    context.correlation_id = image.correlation_id;
    context.deadline = std::chrono::steady_clock::now() + options_.timeout;
    context.cancelled = stopping_.get_token();
    std::vector<std::string_view> files(1, image.file);
    wanted_features const none;
    auto const classified = co_await shadow_.classify(std::move(context), std::move(files), none);
    take(image, pair, classified);
}

shadow_comparison::waiting_image shadow_comparison::take_next() {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.file.size();
    return next;
}

void shadow_comparison::take(waiting_image const& image, std::uint64_t pair, result<classification> const& c) {
    if (!c) return drop(reason_of(c.error().code), 1);
    auto const& logits = c->logits.front();
    if (!logits) return drop(reason_of(logits.error().code), 1);
    refresh();
    if (pair != pair_ || !is_same(shadow_of_pair_, c->model)) return drop("model_changed", 1);
    count(image, *logits, *c);
}

void shadow_comparison::count(waiting_image const& image, std::vector<float> const& logits, classification const& c) {
    auto const theirs = first_class(logits, *c.model);
    bool const agrees = theirs.index == image.first_class;
    auto const difference = std::abs(theirs.confidence - image.confidence);
    auto const ms = c.decode_ms + c.infer_ms;
    ++sums_.compared;
    if (agrees) ++sums_.agreed;
    sums_.confidence += image.confidence;
    sums_.shadow_confidence += theirs.confidence;
    sums_.difference += difference;
    sums_.ms += ms;
    (agrees ? metrics_.shadow_agreed_images_total : metrics_.shadow_disagreed_images_total).Increment();
    metrics_.shadow_confidence_difference.Observe(difference);
    metrics_.shadow_classify_duration_seconds.Observe(ms / 1e3);

    auto const now = options_.now();
    if (summary_at_ == steady_time{}) summary_at_ = now;
    if (now - summary_at_ < options_.summary_interval) return;
    summary_at_ = now;
    log_summary("shadow compared");
}

void shadow_comparison::drop(std::string_view reason, std::size_t images) {
    if (images == 0) return;
    sums_.dropped += images;
    metrics_.count_dropped_images(reason, images);
}

void shadow_comparison::drop_waiting(std::string_view reason) {
    drop(reason, waiting_.size());
    waiting_.clear();
    waiting_bytes_ = 0;
}

void shadow_comparison::refresh() {
    auto const model = options_.current_model();
    auto const shadow = options_.current_shadow();
    auto const ours = model ? std::weak_ptr(*model) : std::weak_ptr<model_instance>();
    auto const theirs = shadow ? std::weak_ptr(*shadow) : std::weak_ptr<model_instance>();
    if (is_same(ours, model_of_pair_) && is_same(theirs, shadow_of_pair_)) return;
    drop_waiting("model_changed");
    model_of_pair_ = ours;
    shadow_of_pair_ = theirs;
    ++pair_;
    sums_ = {};
    reason_ = why_not(model, shadow);
    if (model && shadow && !reason_.empty())
        log::warn("shadow not compared", {{"model", options_.model}, {"shadow", options_.shadow}, {"reason", reason_}});
}

void shadow_comparison::stop() {
    stopping_.request_stop();
    drop_waiting("shutdown");
}

shadow_report shadow_comparison::report() const {
    shadow_report r;
    r.compared = sums_.compared;
    r.agreed = sums_.agreed;
    r.dropped = sums_.dropped;
    r.reason = reason_;
    if (r.compared == 0) return r;
    auto const images = static_cast<double>(r.compared);
    r.mean_confidence = sums_.confidence / images;
    r.mean_shadow_confidence = sums_.shadow_confidence / images;
    r.mean_confidence_difference = sums_.difference / images;
    r.mean_ms = sums_.ms / images;
    return r;
}

void shadow_comparison::log_summary(std::string_view event) const {
    auto const r = report();
    log::info(event, {{"model", options_.model},
                      {"shadow", options_.shadow},
                      {"compared", r.compared},
                      {"agreed", r.agreed},
                      {"mean_confidence", r.mean_confidence},
                      {"mean_shadow_confidence", r.mean_shadow_confidence},
                      {"mean_confidence_difference", r.mean_confidence_difference},
                      {"mean_ms", r.mean_ms},
                      {"dropped", r.dropped}});
}

}  // namespace sma::serving
