#include "stream_inference.hpp"

#include "rpc_operation.hpp"
#include "rpc_request_head.hpp"
#include "sma/core/logging.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <exception>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

// g++ 12 inlines one half of Asio's allocation of a coroutine's frame here, and then misses its other half.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace sma::api::inference_protocol {
namespace asio = boost::asio;

namespace {

/// Keeps a stream where a drain finds it.
class listed {
public:
    listed(std::vector<rpc_stream*>& all, rpc_stream& stream) : all_(all), stream_(&stream) { all_.push_back(stream_); }
    ~listed() { std::erase(all_, stream_); }
    listed(listed const&) = delete;
    listed& operator=(listed const&) = delete;

private:
    std::vector<rpc_stream*>& all_;
    rpc_stream* stream_;
};

std::string id_of(rpc_message const& message) {
    if (!message.request) return {};
    auto const* const asked = std::get_if<rpc_infer_request>(&*message.request);
    return asked == nullptr ? std::string() : std::string(asked->id);
}

}  // namespace

asio::awaitable<rpc_outcome> stream_inference::serve(std::shared_ptr<rpc_call> call, http::foreign_request& opened) {
    auto const stream = std::make_shared<rpc_stream>(io_);
    listed const while_served(streams_, *stream);
    asio::co_spawn(io_, read(shared_from_this(), call, stream, opened.req().context), asio::detached);
    while (!stream->is_over(draining_)) {
        auto const next = stream->next();
        if (next == stream->end()) {
            co_await stream->wait();
            continue;
        }
        // One that fails is followed by others that fail: each takes its place away.
        co_await writer_.write(*call, *next->answer);
        stream->remove(next);
    }
    stream->closed = true;
    stream->notify();
    if (!stream->read_all) co_return rpc_outcome(rpc_shutting_down());
    if (opened.req().context.is_cancelled()) co_return rpc_outcome(client_closed_request());
    co_return rpc_outcome();
}

void stream_inference::drain() {
    draining_ = true;
    for (auto* const stream : streams_) stream->notify();
}

asio::awaitable<void> stream_inference::read(std::shared_ptr<stream_inference> self, std::shared_ptr<rpc_call> call,
                                             std::shared_ptr<rpc_stream> stream, request_context context) {
    for (;;) {
        while (stream->size() >= self->requests_max_ && !stream->closed) co_await stream->wait();
        if (stream->closed || self->draining_) co_return;
        rpc_operation reading(self->io_);
        call->read(reading.completion());
        co_await reading.wait(steady_time::max());
        if (stream->closed) co_return;
        if (!reading.succeeded()) break;
        auto message = std::make_shared<rpc_message>(call->take_message());
        auto const place = stream->add(id_of(*message));
        asio::co_spawn(self->io_, serve_one(self, call, stream, place, std::move(message), context), asio::detached);
    }
    stream->read_all = true;
    stream->notify();
}

/// One request of a stream, with a line in the log of its own, under the correlation ID of the stream.
asio::awaitable<void> stream_inference::serve_one(std::shared_ptr<stream_inference> self,
                                                  std::shared_ptr<rpc_call> call, std::shared_ptr<rpc_stream> stream,
                                                  rpc_stream::place place, std::shared_ptr<rpc_message> message,
                                                  request_context context) {
    rpc_stream_error failed;
    failed.id = place->id;
    failed.failure = error(errc::internal_error, "the server failed on this request");
    rpc_answer answer(std::move(failed));
    try {
        auto outcome = co_await self->answer_one(*call, *message, context);
        if (outcome.failure) std::get<rpc_stream_error>(answer).failure = *outcome.failure;
        if (outcome.answer) answer = std::move(*outcome.answer);
    } catch (std::exception const& e) {
        log::error("exception in a request", {{"what", e.what()}, {"correlation_id", context.correlation_id}});
    }
    message.reset();
    stream->set_answer(place, std::move(answer));
}

asio::awaitable<rpc_outcome> stream_inference::answer_one(rpc_call& call, rpc_message& message,
                                                          request_context const& context) {
    auto head = head_of(call);
    head.correlation_id = context.correlation_id;
    http::foreign_request request(server_, std::move(head));
    auto source = request.client_left();
    auto const stop = [&source] { source.request_stop(); };
    std::stop_callback const chained(context.cancelled, stop);
    auto outcome = co_await produce_one(message, request);
    request.finish(outcome.log.status, outcome.log, message.bytes, 0);
    co_return outcome;
}

asio::awaitable<rpc_outcome> stream_inference::produce_one(rpc_message& message, http::foreign_request& request) {
    std::exception_ptr thrown;
    try {
        if (auto const known = request.admit(); !known) co_return rpc_outcome(known.error());
        if (auto const held = request.hold(message.bytes); !held) co_return rpc_outcome(held.error());
        if (!message.request) co_return rpc_outcome(message.request.error());
        auto outcome = co_await inference_.run(*std::get_if<rpc_infer_request>(&*message.request), request);
        co_return outcome;
    } catch (...) {
        thrown = std::current_exception();
    }
    co_return outcome_of(std::move(thrown), request.req().context.correlation_id);
}

}  // namespace sma::api::inference_protocol
