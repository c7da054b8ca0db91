#include "sma/serving/classifier.hpp"

#include "common_error.hpp"
#include "sma/tracing/request_trace.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace sma::serving {
namespace {

using std::chrono::steady_clock;

/// The images that decoded, and where the results of all are to go.
struct decoded_images {
    std::vector<tensor_buffer> good;
    std::vector<std::size_t> places;  ///< of good[i] in the request
};

/// Moves the images out and leaves the errors in `logits`.
decoded_images sort_out(std::vector<result<tensor_buffer>>& images, std::vector<result<std::vector<float>>>& logits) {
    decoded_images sorted;
    logits.resize(images.size());
    for (std::size_t i = 0; i < images.size(); ++i) {
        if (images[i].has_error()) {
            logits[i] = images[i].error();
            continue;
        }
        sorted.good.push_back(std::move(*images[i]));
        sorted.places.push_back(i);
    }
    return sorted;
}

void merge(inference_output& inferred, std::vector<std::size_t> const& places, classification& c) {
    for (std::size_t i = 0; i < places.size(); ++i) c.logits[places[i]] = std::move(inferred.logits[i]);
    if (!inferred.features.empty()) c.features.resize(c.logits.size());
    for (std::size_t i = 0; i < inferred.features.size(); ++i) c.features[places[i]] = std::move(inferred.features[i]);
    c.queue_ms = inferred.queue_ms;
    c.infer_ms = inferred.infer_ms;
    c.batch_size = inferred.batch_size;
}

std::chrono::nanoseconds from_ms(double ms) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double, std::milli>(ms));
}

/// The time outside preparation, queue and passes was spent on carrying the results.
void add_to(statistics& done, result<classification> const& c, std::chrono::nanoseconds total) {
    auto const has_logits = [](auto const& r) { return r.has_value(); };
    if (!c || std::none_of(c->logits.begin(), c->logits.end(), has_logits)) return done.add_failure(total);
    request_times times{total, from_ms(c->queue_ms), from_ms(c->decode_ms), from_ms(c->infer_ms), {}};
    times.output = std::max(total - times.queue - times.input - times.infer, std::chrono::nanoseconds(0));
    done.add_success(times);
}

/// Adds the stages of the dispatcher to the trace. A request that failed there was in the queue, as far as is known.
void trace_inference(tracing::request_trace* trace, steady_time submitted, result<inference_output> const& inferred) {
    if (trace == nullptr) return;
    if (!inferred) return trace->add_child("queue", submitted, steady_clock::now(), true);
    auto const began = submitted + from_ms(inferred->queue_ms);
    trace->add_child("queue", submitted, began);
    if (inferred->batch_size > 0)
        trace->add_child("forward", began, began + from_ms(inferred->infer_ms), false, inferred->batches);
}

/// What the observer is told of a request, kept beside what run() takes.
struct observed_request {
    observed_request(request_context c, std::vector<std::string_view> f) : context(std::move(c)), files(std::move(f)) {}

    request_context const context;
    std::vector<std::string_view> const files;
};

result<void> check_features(model_instance const& model, wanted_features wanted) {
    if (!wanted.any() || model.engine->features()) return {};
    return error(errc::validation_error, "the model " + model.architecture +
                                             " has no embedding and no activation maps: they need a network that runs "
                                             "on this program's own engine");
}

}  // namespace

result<void> classifier::check(std::size_t images, steady_time deadline) const {
    if (auto model = models_.current(); !model) return model.error();
    return dispatcher_.check(images, deadline);
}

boost::asio::awaitable<result<classification>> classifier::classify(request_context context,
                                                                    std::vector<std::string_view> images,
                                                                    image_content content, wanted_features wanted) {
    auto const began = steady_clock::now();
    std::optional<observed_request> observed;
    if (observer_ != nullptr && content == image_content::file) observed.emplace(context, images);
    auto classified = co_await run(std::move(context), std::move(images), content, wanted);
    count(classified, began);
    if (observed && classified) observe(observed->context, observed->files, *classified);
    co_return classified;
}

boost::asio::awaitable<result<classification>> classifier::run(request_context context,
                                                               std::vector<std::string_view> images,
                                                               image_content content, wanted_features wanted) {
    auto admitted = admit(images.size(), context.deadline, wanted);
    if (!admitted) co_return admitted.error();
    auto decoded = co_await decode(context, admitted->model, std::move(images), content);
    if (!decoded) co_return decoded.error();
    auto inferred = co_await infer(std::move(context), std::move(*admitted), std::move(*decoded), wanted);
    co_return inferred;
}

result<admission> classifier::admit(std::size_t images, steady_time deadline, wanted_features wanted) {
    auto const model = models_.current();
    if (!model) return model.error();
    auto const possible = check_features(**model, wanted);
    if (!possible) return possible.error();
    auto reserved = dispatcher_.reserve(images, deadline);
    if (!reserved) return reserved.error();
    return admission{*model, std::move(*reserved)};
}

boost::asio::awaitable<result<decode_output>> classifier::decode(request_context context,
                                                                 std::shared_ptr<model_instance> model,
                                                                 std::vector<std::string_view> images,
                                                                 image_content content) {
    tracing::traced_stage decoding(context.trace, "decode");
    decode_request to_decode(std::move(context), model->engine->input(), std::move(images), content);
    to_decode.preprocess = model->preprocess;
    auto decoded = co_await pool_.async_decode(std::move(to_decode), boost::asio::use_awaitable);
    if (!decoded) decoding.fail();
    co_return decoded;
}

boost::asio::awaitable<result<classification>> classifier::infer(request_context context, admission admitted,
                                                                 decode_output decoded, wanted_features wanted) {
    classification c;
    c.model = admitted.model;
    c.decode_ms = decoded.decode_ms;
    c.sizes = std::move(decoded.sizes);
    auto sorted = sort_out(decoded.images, c.logits);
    admitted.slot.shrink_to(sorted.good.size());
    auto const failed = common_error(c.logits);
    if (failed) co_return *failed;
    if (sorted.good.empty()) co_return c;

    auto* const trace = context.trace;
    inference_request to_infer(std::move(context), std::move(admitted.model), std::move(sorted.good));
    to_infer.slot = std::move(admitted.slot);
    to_infer.wanted = wanted;
    auto const submitted = trace != nullptr ? steady_clock::now() : steady_time{};
    auto inferred = co_await dispatcher_.async_infer(std::move(to_infer), boost::asio::use_awaitable);
    trace_inference(trace, submitted, inferred);
    if (!inferred) co_return inferred.error();
    merge(*inferred, sorted.places, c);
    co_return c;
}

void classifier::count(result<classification> const& c, steady_time began) {
    add_to(dispatcher_.done(), c, steady_clock::now() - began);
}

void classifier::observe(request_context const& context, std::vector<std::string_view> const& files,
                         classification const& c) {
    if (observer_ != nullptr) observer_->saw(context, files, c);
}

}  // namespace sma::serving
