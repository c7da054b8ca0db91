#include "inference.hpp"

#include "classification_timing.hpp"
#include "sma/fetch/is_url.hpp"
#include "validation_error.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

// g++ 12 inlines one half of Asio's allocation of a coroutine's frame here, and then misses its other half.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace sma::api::inference_protocol {
namespace {

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

}  // namespace

request_context with_timeout(http::request const& r, infer_request const& request) {
    auto context = r.context;
    if (request.timeout) context.deadline = std::min(context.deadline, r.received_at + *request.timeout);
    return context;
}

boost::asio::awaitable<result<inference_result>> inference::run(http::request const& r, named_model asked,
                                                                infer_request& request, http::response& response) {
    auto context = with_timeout(r, request);
    auto const fetched = co_await fetch(context, request);
    if (!fetched) co_return fetched.error();
    auto images = request.images;
    auto const wanted = request.wanted();
    auto& classifier = asked.served->direct;
    auto classified = co_await classifier.classify(std::move(context), std::move(images), request.content, wanted);
    if (!classified) co_return classified.error();
    add_timing(response, *classified);  // before its logits are taken
    auto results = take_results(*classified);
    if (!results) co_return results.error();
    inference_result done;
    done.model = {asked.served, classified->model};
    done.what = std::move(*results);
    co_return done;
}

// Images that are URLs become the bytes behind them.
boost::asio::awaitable<result<void>> inference::fetch(request_context context, infer_request& request) {
    std::vector<std::size_t> places;
    std::vector<std::string> urls;
    for (std::size_t i = 0; request.content == serving::image_content::file && i < request.images.size(); ++i) {
        if (!fetch::is_url(request.images[i])) continue;
        places.push_back(i);
        urls.emplace_back(request.images[i]);
    }
    if (urls.empty()) co_return result<void>();
    if (fetcher_ == nullptr) co_return validation_error("images by URL are switched off (url_allowed_hosts)");
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

}  // namespace sma::api::inference_protocol
