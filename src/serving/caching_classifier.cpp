#include "sma/serving/caching_classifier.hpp"

#include "single_flight.hpp"

#include "sma/core/metrics.hpp"
#include "sma/image/preprocess_text.hpp"
#include "sma/tracing/request_trace.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace sma::serving {
namespace {

/// True if the same bytes would fail again, whoever sends them.
bool is_of_the_image(errc code) {
    return code == errc::unsupported_media_type || code == errc::preprocessing_failed || code == errc::image_too_large;
}

double ms_since(steady_time begin) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

/// A request on its way through the cache.
struct caching_classifier::job {
    request_context context;
    std::vector<std::string_view> images;
    std::vector<content_digest> keys;
    classification answer;
    std::vector<std::size_t> missing;                                     ///< places without an answer yet
    std::vector<std::size_t> own;                                         ///< of them, those that this request leads
    std::vector<single_flight::leader> leaders;                           ///< of own
    std::vector<std::pair<std::size_t, std::shared_ptr<flight>>> others;  ///< and those that it waits for
    bool model_changed = false;
};

caching_classifier::caching_classifier(image_classifier& inner, cache_options options, metrics& m)
    : inner_(inner),
      options_(std::move(options)),
      metrics_(m),
      cache_(options_.bytes_max, options_.now, m),
      flights_(std::make_shared<single_flight>()),
      hasher_(options_.images_max) {}

caching_classifier::~caching_classifier() = default;

result<void> caching_classifier::check(std::size_t images, steady_time deadline) const {
    return inner_.check(images, deadline);
}

void caching_classifier::clear() {
    cache_.clear();
    model_.reset();
}

std::string caching_classifier::fingerprint_of(model_instance const& model) const {
    auto const& engine = model.engine->describe();
    return model.weights_sha256 + '\n' + engine.name + '\n' + engine.precision + '\n' +
           image::preprocess_text(model.preprocess) + '\n' + options_.settings;
}

void caching_classifier::use_model(std::shared_ptr<model_instance> const& model) {
    if (!model_.owner_before(model) && !model.owner_before(model_)) return;
    cache_.clear();
    model_ = model;
}

boost::asio::awaitable<result<classification>> caching_classifier::classify(request_context context,
                                                                            std::vector<std::string_view> images,
                                                                            wanted_features wanted) {
    if (wanted.any()) {
        auto past = co_await inner_.classify(std::move(context), std::move(images), wanted);
        co_return past;
    }
    auto const model = options_.current_model();
    if (!model) co_return model.error();
    hash_request to_hash(fingerprint_of(**model), images);
    auto keys = co_await hasher_.async_hash(std::move(to_hash), boost::asio::use_awaitable);
    job j;
    j.context = std::move(context);
    j.images = std::move(images);
    if (keys) {
        j.keys = std::move(*keys);
        j.answer.model = *model;
        take_hits(j);
        auto const completed = co_await complete(j);
        if (!completed) co_return completed.error();
        if (!j.model_changed) co_return std::move(j.answer);
    }
    // Too many images to hash, or a reload came in between: one answer must not mix two models.
    auto plain = co_await inner_.classify(std::move(j.context), std::move(j.images), wanted);
    co_return plain;
}

/// Runs until no answer is missing, or the model has changed.
boost::asio::awaitable<result<void>> caching_classifier::complete(job& j) {
    while (!j.missing.empty() && !j.model_changed) {
        split(j);
        auto const led = co_await classify_own(j);
        if (!led) co_return led.error();
        auto const waited = co_await wait_for_others(j);
        if (!waited) co_return waited.error();
    }
    co_return result<void>();
}

void caching_classifier::take_hits(job& j) {
    use_model(j.answer.model);
    auto const count = j.images.size();
    j.answer.logits.resize(count);
    auto oldest = std::chrono::seconds(0);
    for (std::size_t i = 0; i < count; ++i) {
        auto const hit = cache_.find(j.keys[i]);
        if (!hit) {
            j.missing.push_back(i);
            continue;
        }
        j.answer.logits[i] = hit->logits;
        oldest = std::max(oldest, hit->age);
        metrics_.cache_hits_total.Increment();
    }
    if (j.missing.empty()) j.answer.age = oldest;
    metrics_.cache_misses_total.Increment(static_cast<double>(j.missing.size()));
}

/// Splits the missing images into those that nobody classifies yet and those that somebody does.
void caching_classifier::split(job& j) {
    for (auto const place : j.missing) {
        if (auto underway = flights_->find(j.keys[place])) {
            j.others.emplace_back(place, std::move(underway));
            continue;
        }
        j.leaders.emplace_back(flights_, j.keys[place]);
        j.own.push_back(place);
    }
    j.missing.clear();
}

boost::asio::awaitable<result<void>> caching_classifier::classify_own(job& j) {
    if (j.own.empty()) co_return result<void>();
    std::vector<std::string_view> images;
    for (auto const place : j.own) images.push_back(j.images[place]);
    auto context = j.context;
    wanted_features const none;
    auto done = co_await inner_.classify(std::move(context), std::move(images), none);
    if (done) j.model_changed = !take_own(j, *done);
    // Finishes the flights, with or without an answer.
    j.leaders.clear();
    j.own.clear();
    if (!done) co_return done.error();
    co_return result<void>();
}

/// False if it is not the model that this request began with.
bool caching_classifier::take_own(job& j, classification& done) {
    if (done.model != j.answer.model) return false;
    bool const keep = !model_.owner_before(done.model) && !done.model.owner_before(model_);
    for (std::size_t i = 0; i < j.own.size(); ++i) {
        auto& logits = done.logits[i];
        if (logits && keep) cache_.put(j.keys[j.own[i]], *logits);
        if (logits || is_of_the_image(logits.error().code)) j.leaders[i].set_result(logits);
        j.answer.logits[j.own[i]] = std::move(logits);
    }
    j.answer.decode_ms += done.decode_ms;
    j.answer.queue_ms += done.queue_ms;
    j.answer.infer_ms += done.infer_ms;
    if (j.answer.batch_size == 0) j.answer.batch_size = done.batch_size;
    return true;
}

boost::asio::awaitable<result<void>> caching_classifier::wait_for_others(job& j) {
    auto const began = std::chrono::steady_clock::now();
    tracing::traced_stage const waiting(j.others.empty() ? nullptr : j.context.trace, "queue");
    for (auto const& [place, underway] : j.others) {
        co_await flight::wait(underway, j.context);
        if (j.context.is_cancelled()) co_return client_closed_request();
        if (!underway->is_done())
            co_return error(errc::deadline_exceeded,
                            "the request's deadline passed while an equal image was classified");
    }
    if (!j.others.empty()) j.answer.queue_ms += ms_since(began);
    take_shared(j);
    co_return result<void>();
}

/// Takes the results of the other leaders; an image whose leader gave up is missing again.
void caching_classifier::take_shared(job& j) {
    for (auto const& [place, underway] : j.others) {
        if (!underway->outcome) {
            j.missing.push_back(place);
            continue;
        }
        j.answer.logits[place] = *underway->outcome;
        metrics_.cache_shared_total.Increment();
    }
    j.others.clear();
}

}  // namespace sma::serving
