#include "infer.hpp"

#include "classification_timing.hpp"
#include "protocol_error.hpp"
#include "sma/fetch/is_url.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>

// g++ 12 inlines one half of Asio's allocation of a coroutine's frame here, and then misses its other half.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace sma::api::inference_protocol {
namespace {

constexpr char const* length_header = "Inference-Header-Content-Length";
// Work of more than about 0.3 ms is not done on the I/O thread.
constexpr std::size_t json_bytes_inline = 64 * 1024;
constexpr std::size_t text_numbers_inline = 6'000;

/// One answer for all: the error of the first image that failed, or what everyone's image gave.
result<inferred> take_results(serving::classification& c) {
    inferred all;
    all.rows.reserve(c.logits.size());
    for (auto& logits : c.logits) {
        if (logits) {
            all.rows.push_back(std::move(*logits));
            continue;
        }
        auto failure = logits.error();
        if (c.logits.size() > 1) failure.message = "image " + std::to_string(all.rows.size()) + ": " + failure.message;
        return failure;
    }
    all.features = std::move(c.features);
    all.shape = c.model->engine->features().value_or(engine::feature_shape{});
    return all;
}

http::response refusal(error const& e, http::request const& r) {
    return make_protocol_error(e, r.context.correlation_id);
}

request_context with_timeout(http::request const& r, infer_request const& request) {
    auto context = r.context;
    if (request.timeout) context.deadline = std::min(context.deadline, r.received_at + *request.timeout);
    return context;
}

void set_answer(http::response& response, infer_answer&& answer) {
    response.body = std::move(answer.body);
    if (answer.json_bytes) {
        response.content_type = "application/octet-stream";
        response.headers.emplace_back(length_header, std::to_string(*answer.json_bytes));
    }
}

}  // namespace

result<void> infer::admit(http::request const& head) {
    auto const model = models_.find_loaded(head);
    return model ? model->served->direct.check(1, head.context.deadline) : model.error();
}

boost::asio::awaitable<http::response> infer::handle(http::request& r) {
    auto const model = models_.find_loaded(r);
    if (!model) co_return refusal(model.error(), r);
    auto const rules = models_.rules_for(*model->instance);
    auto request = co_await read(r, rules);
    if (!request) co_return refusal(request.error(), r);
    auto const fetched = co_await fetch(r, *request);
    if (!fetched) co_return refusal(fetched.error(), r);

    auto const context = with_timeout(r, *request);
    auto images = request->images;
    auto const wanted = request->wanted();
    auto& classifier = model->served->direct;
    auto classified = co_await classifier.classify(context, std::move(images), request->content, wanted);
    if (!classified) co_return refusal(classified.error(), r);
    http::response response;
    add_timing(response, *classified);  // before its logits are taken
    auto const results = take_results(*classified);
    if (!results) co_return refusal(results.error(), r);
    named_model const ran{model->served, classified->model};
    auto written = co_await write(*request, ran, *results, context);
    set_answer(response, std::move(written));
    co_return response;
}

boost::asio::awaitable<result<infer_request>> infer::read(http::request const& r, request_rules rules) {
    auto const parts = split_body(r.body, r.header(length_header));
    if (!parts) co_return parts.error();
    if (!parts->json || parts->json->size() <= json_bytes_inline) co_return read_infer_request(*parts, rules);
    std::optional<result<infer_request>> request;
    std::function<void()> work = [&] { request.emplace(read_infer_request(*parts, rules)); };
    auto const ran = co_await workers_.async_run(r.context, std::move(work), boost::asio::use_awaitable);
    if (!ran) co_return ran.error();
    co_return std::move(*request);
}

// Images that are URLs become the bytes behind them.
boost::asio::awaitable<result<void>> infer::fetch(http::request const& r, infer_request& request) {
    std::vector<std::size_t> places;
    std::vector<std::string> urls;
    for (std::size_t i = 0; request.content == serving::image_content::file && i < request.images.size(); ++i) {
        if (!fetch::is_url(request.images[i])) continue;
        places.push_back(i);
        urls.emplace_back(request.images[i]);
    }
    if (urls.empty()) co_return result<void>();
    if (fetcher_ == nullptr)
        co_return error(errc::validation_error, "images by URL are switched off (url_allowed_hosts)");
    auto context = with_timeout(r, request);
    auto fetched = co_await fetcher_->fetch_all(std::move(context), std::move(urls));
    request.fetched.reserve(fetched.size());
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        auto& bytes = fetched[i];
        if (!bytes)
            co_return error(bytes.error().code, "image " + std::to_string(places[i]) + ": " + bytes.error().message,
                            bytes.error().retry_after_s);
        request.images[places[i]] = request.fetched.emplace_back(std::move(*bytes));
    }
    co_return result<void>();
}

boost::asio::awaitable<infer_answer> infer::write(infer_request const& request, named_model const& ran,
                                                  inferred const& what, request_context context) {
    auto const name = ran.name();
    auto const& model = *ran.instance;
    if (text_numbers(request, what) <= text_numbers_inline) co_return write_answer(request, name, what, model);
    std::optional<infer_answer> answer;
    std::function<void()> work = [&] { answer.emplace(write_answer(request, name, what, model)); };
    auto const done = co_await workers_.async_run(std::move(context), std::move(work), boost::asio::use_awaitable);
    // A finished inference is not discarded because the pool is full.
    if (!done) co_return write_answer(request, name, what, model);
    co_return std::move(*answer);
}

}  // namespace sma::api::inference_protocol
