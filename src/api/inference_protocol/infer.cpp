#include "infer.hpp"

#include "protocol_error.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <optional>

// g++ 12 inlines one half of Asio's allocation of a coroutine's frame here, and then misses its other half.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace sma::api::inference_protocol {
namespace {

constexpr char const* length_header = "Inference-Header-Content-Length";
// Work of more than about 0.3 ms is not done on the I/O thread.
constexpr std::size_t json_bytes_inline = 64 * 1024;
constexpr std::size_t text_numbers_inline = 6'000;

http::response refusal(error const& e, http::request const& r) {
    return make_protocol_error(e, r.context.correlation_id);
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
    http::response response;
    auto const done = co_await inference_.run(r, *model, *request, response);
    if (!done) co_return refusal(done.error(), r);
    auto context = with_timeout(r, *request);
    auto written = co_await write(*request, *done, std::move(context));
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

boost::asio::awaitable<infer_answer> infer::write(infer_request const& request, inference_result const& done,
                                                  request_context context) {
    auto const name = done.model.name();
    auto const& model = *done.model.instance;
    auto const& what = done.what;
    if (text_numbers(request, what) <= text_numbers_inline) co_return write_answer(request, name, what, model);
    std::optional<infer_answer> answer;
    std::function<void()> work = [&] { answer.emplace(write_answer(request, name, what, model)); };
    auto const ran = co_await workers_.async_run(std::move(context), std::move(work), boost::asio::use_awaitable);
    // A finished inference is not discarded because the pool is full.
    if (!ran) co_return write_answer(request, name, what, model);
    co_return std::move(*answer);
}

}  // namespace sma::api::inference_protocol
