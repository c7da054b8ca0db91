#include "sma/api/predict.hpp"

#include "classification_timing.hpp"
#include "prediction_json.hpp"
#include "query_number.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <optional>

namespace sma::api {
namespace {

constexpr int default_top_k = 5;
constexpr int top_k_max = 100'000;
/// Predictions in an answer, which takes some tenths of a microsecond for each; longer ones are written elsewhere.
constexpr std::size_t short_answer = 2'000;

http::response refusal(error const& e, http::request const& r) {
    return http::make_error_response(e, r.context.correlation_id);
}

result<void> check_sizes(image_sources const& found, std::size_t bytes_max) {
    for (auto const& image : found.images)
        if (image.bytes.size() > bytes_max)
            return error(errc::file_too_large, "an image has " + std::to_string(image.bytes.size()) +
                                                   " bytes; the limit is " + std::to_string(bytes_max) +
                                                   " (max_image_bytes)");
    return {};
}

std::vector<std::string_view> files_of(image_sources const& found) {
    std::vector<std::string_view> files;
    for (auto const& image : found.images)
        if (!image.failed) files.push_back(image.bytes);
    return files;
}

/// Puts images that could not be fetched back into their places, where the classification has none of them.
void add_failures(serving::classification& c, image_sources const& found) {
    for (std::size_t i = 0; i < found.images.size(); ++i) {
        auto const& failed = found.images[i].failed;
        if (failed) c.logits.insert(c.logits.begin() + static_cast<std::ptrdiff_t>(i), *failed);
    }
}

// The error to answer with when there is nothing else to say: the only image failed, or all of them did.
std::optional<error> whole_failure(serving::classification const& c) {
    for (auto const& logits : c.logits)
        if (logits) return {};
    return c.logits.front().error();
}

error no_groups() {
    return error(errc::validation_error, "query parameter groups: the labels of this model have no groups");
}

http::response with_timing(http::response answer, serving::classification const& c) {
    add_timing(answer, c);
    if (c.age) answer.headers.emplace_back("Age", std::to_string(c.age->count()));
    return answer;
}

}  // namespace

result<void> predict::admit(http::request const& head) { return classifier_.check(1, head.context.deadline); }

boost::asio::awaitable<http::response> predict::handle(http::request& r) {
    auto const top_k = query_number(r, "top_k", default_top_k, top_k_max);
    if (!top_k) co_return refusal(top_k.error(), r);
    auto const min_confidence = query_fraction(r, "min_confidence", options_.min_confidence);
    if (!min_confidence) co_return refusal(min_confidence.error(), r);
    auto const groups = query_switch(r, "groups");
    if (!groups) co_return refusal(groups.error(), r);
    auto const timeout_max = options_.timeout_max.count();
    auto const timeout_ms = query_number(r, "timeout_ms", timeout_max, timeout_max);
    if (!timeout_ms) co_return refusal(timeout_ms.error(), r);
    auto found = co_await find(r);
    if (!found) co_return refusal(found.error(), r);
    auto const fetched = co_await fetch(r, *found);
    if (!fetched) co_return refusal(fetched.error(), r);
    auto const sizes = check_sizes(*found, options_.image_bytes_max);
    if (!sizes) co_return refusal(sizes.error(), r);

    auto files = files_of(*found);
    if (files.empty()) co_return refusal(*found->images.front().failed, r);
    auto context = r.context;
    auto classified = co_await classifier_.classify(std::move(context), std::move(files));
    if (!classified) co_return refusal(classified.error(), r);
    add_failures(*classified, *found);
    auto const failure = whole_failure(*classified);
    if (failure) co_return with_timing(refusal(*failure, r), *classified);
    if (*groups && classified->model->groups.empty()) co_return refusal(no_groups(), r);
    auto const classes = static_cast<int>(classified->model->labels.size());
    prediction_choice const choice{std::min(static_cast<int>(*top_k), classes), *min_confidence, *groups};
    auto body = co_await write(r, *found, *classified, choice);
    if (!body) co_return refusal(body.error(), r);
    http::response answer;
    answer.body = std::move(*body);
    co_return with_timing(std::move(answer), *classified);
}

boost::asio::awaitable<result<std::string>> predict::write(http::request const& r, image_sources const& found,
                                                           serving::classification const& c,
                                                           prediction_choice const& choice) {
    auto const predictions = c.logits.size() * static_cast<std::size_t>(choice.top_k);
    if (predictions <= short_answer) co_return prediction_json(found, c, choice);
    std::string body;
    std::function<void()> work = [&] { body = prediction_json(found, c, choice); };
    auto const ran = co_await workers_.async_run(r.context, std::move(work), boost::asio::use_awaitable);
    if (!ran) co_return ran.error();
    co_return std::move(body);
}

boost::asio::awaitable<result<void>> predict::fetch(http::request const& r, image_sources& found) {
    if (found.urls.empty()) co_return result<void>();
    if (fetcher_ == nullptr)
        co_return error(errc::validation_error, "images by URL are switched off (url_allowed_hosts)");
    auto context = r.context;
    auto fetched = co_await fetcher_->fetch_all(std::move(context), std::move(found.urls));
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        found.decoded.push_back(fetched[i] ? std::move(*fetched[i]) : std::string());
        if (!fetched[i]) found.images[i].failed = fetched[i].error();
    }
    for (std::size_t i = 0; i < fetched.size(); ++i) found.images[i].bytes = found.decoded[i];
    co_return result<void>();
}

boost::asio::awaitable<result<image_sources>> predict::find(http::request const& r) {
    if (!is_long_json(r)) co_return find_images(r, options_.images_max);
    std::optional<result<image_sources>> found;
    std::function<void()> work = [&] { found.emplace(find_images(r, options_.images_max)); };
    auto const ran = co_await workers_.async_run(r.context, std::move(work), boost::asio::use_awaitable);
    if (!ran) co_return ran.error();
    co_return std::move(*found);
}

}  // namespace sma::api
