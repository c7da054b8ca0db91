#include "sma/api/inference_protocol/procedures.hpp"

#include "inference.hpp"
#include "model_directory.hpp"
#include "rpc_infer_request.hpp"
#include "rpc_operation.hpp"
#include "rpc_outcome.hpp"
#include "rpc_stream.hpp"
#include "sma/core/logging.hpp"
#include "sma/http/foreign_request.hpp"
#include "sma/version.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <stop_token>
#include <utility>
#include <vector>

// g++ 12 inlines one half of Asio's allocation of a coroutine's frame here, and then misses its other half.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace sma::api::inference_protocol {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr unsigned status_client_left = 499;
constexpr std::string_view unknown_path = "other";
constexpr std::string_view inference_service = "inference.GRPCInferenceService";
constexpr std::string_view binary_suffix = "-bin";
constexpr std::chrono::milliseconds health_poll_interval{200};

/// Needs no key, as its counterpart in HTTP does not.
bool is_open(procedure which) noexcept {
    switch (which) {
        case procedure::server_live:
        case procedure::server_ready:
        case procedure::health_check:
        case procedure::health_watch:
        case procedure::reflection:
            return true;
        default:
            return false;
    }
}

bool is_inference(procedure which) noexcept {
    return which == procedure::model_infer || which == procedure::model_stream_infer;
}

/// The path as a label: a client cannot make up more of them.
std::string_view label_of(rpc_call const& call) {
    auto const which = call.which();
    if (!which) return unknown_path;
    return std::find_if(procedure_paths.begin(), procedure_paths.end(), [&](auto const& p) { return p.which == which; })
        ->path;
}

http::foreign_request::head head_of(rpc_call const& call) {
    http::foreign_request::head head;
    head.path_template = label_of(call);
    head.target = call.path();
    head.client = call.peer();
    head.deadline = call.deadline();
    for (auto& [name, value] : call.metadata())
        if (!name.ends_with(binary_suffix)) head.headers.emplace_back(std::move(name), std::move(value));
    return head;
}

/// Asks the work for a call to stop.
class stopper : public rpc_completion {
public:
    stopper(asio::io_context& io, std::stop_source s) : io_(io), source_(std::move(s)) {}
    void complete(bool cancelled) override {
        if (cancelled) asio::post(io_, [s = source_]() mutable { s.request_stop(); });
    }

private:
    asio::io_context& io_;
    std::stop_source source_;
};

/// Counts while it lives.
class counted {
public:
    explicit counted(std::size_t& count) : count_(count) { ++count_; }
    ~counted() { --count_; }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;

private:
    std::size_t& count_;
};

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

rpc_outcome caught(http::foreign_request& request, std::exception_ptr thrown) {
    auto const& id = request.req().context.correlation_id;
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (std::bad_alloc const&) {
        return rpc_outcome(error(errc::out_of_memory, "not enough memory for this request: try again later", 1));
    } catch (std::exception const& e) {
        log::error("exception in a request", {{"what", e.what()}, {"correlation_id", id}});
    } catch (...) {
        log::error("exception of an unknown type in a request", {{"correlation_id", id}});
    }
    return rpc_outcome(
        error(errc::internal_error, "the server failed on this request: report it with the correlation ID"));
}

error shutting_down() { return error(errc::shutting_down, "the server is shutting down", 1); }

}  // namespace

class procedures::impl : public std::enable_shared_from_this<procedures::impl> {
public:
    impl(asio::io_context& io, service const& s, fetch::image_fetcher* fetcher, http::server& server,
         procedure_options options)
        : io_(io),
          models_(s),
          inference_(fetcher),
          server_(server),
          options_(options),
          write_timeout_(s.configuration.write_timeout_ms) {}

    void start(std::shared_ptr<rpc_call> call) {
        asio::co_spawn(io_, run(shared_from_this(), std::move(call)), asio::detached);
    }

    void drain() {
        draining_ = true;
        for (auto* const stream : streams_) stream->notify();
    }

    asio::io_context& io() noexcept { return io_; }

private:
    using call_pointer = std::shared_ptr<rpc_call>;

    static asio::awaitable<void> run(std::shared_ptr<impl> self, call_pointer call) {
        bool ended = false;
        try {
            co_await self->serve(call, ended);
        } catch (std::exception const& e) {
            log::error("a call ended by an exception", {{"what", e.what()}});
        }
        if (!ended) call->cancel();
    }

    asio::awaitable<void> serve(call_pointer call, bool& ended) {
        counted const in_flight(calls_);
        http::foreign_request request(server_, head_of(*call));
        call->watch(std::make_unique<stopper>(io_, request.client_left()));
        call->add_initial_metadata("x-correlation-id", request.req().context.correlation_id);
        std::size_t bytes_in = 0;
        auto outcome = co_await produce(call, request, bytes_in);
        request.add_quota(outcome.log);
        ended = true;
        auto const sent = co_await finish(*call, outcome);
        bool const gone = !sent || outcome.log.failure == errc::client_closed_request;
        // A stream's requests have been counted one by one.
        if (call->which() == procedure::model_stream_infer && !outcome.failure && !gone) co_return;
        request.finish(gone ? status_client_left : outcome.log.status, outcome.log, bytes_in, call->bytes_written());
    }

    asio::awaitable<rpc_outcome> produce(call_pointer call, http::foreign_request& request, std::size_t& bytes_in) {
        std::exception_ptr thrown;
        try {
            auto outcome = co_await answer(call, request, bytes_in);
            co_return outcome;
        } catch (...) {
            thrown = std::current_exception();
        }
        co_return caught(request, std::move(thrown));
    }

    /// What can be refused before the message is read.
    result<void> admit(rpc_call const& call, http::foreign_request& request) {
        auto const which = call.which();
        if (!which) return error(errc::not_implemented, "this server has no such procedure");
        if (calls_ > options_.calls_max) return error(errc::queue_full, "too many calls are in flight", 1);
        if (!is_open(*which))
            if (auto const known = request.admit(); !known) return known;
        if (!is_inference(*which)) return {};
        // Of several models the message tells which one.
        if (models_.about().models.all().size() > 1) return {};
        auto const model = models_.find_loaded("", "");
        if (!model) return model.error();
        if (*which != procedure::model_infer) return {};
        return model->served->direct.check(1, request.req().context.deadline);
    }

    asio::awaitable<rpc_outcome> answer(call_pointer call, http::foreign_request& request, std::size_t& bytes_in) {
        auto const admitted = admit(*call, request);
        if (!admitted) co_return rpc_outcome(admitted.error());
        auto const which = *call->which();
        if (which == procedure::model_stream_infer) {
            auto outcome = co_await serve_stream(call, request);
            co_return outcome;
        }
        auto const failure = co_await read_first(*call, request);
        request.end_of_body(failure.has_value());
        if (!failure) co_return rpc_outcome(failure.error());
        auto message = call->take_message();
        bytes_in = message.bytes;
        if (auto const held = request.hold(message.bytes); !held) co_return rpc_outcome(held.error());
        if (!message.request) co_return rpc_outcome(message.request.error());
        if (auto* const asked = std::get_if<rpc_infer_request>(&*message.request)) {
            auto outcome = co_await infer(*asked, request);
            co_return outcome;
        }
        if (which == procedure::reflection) {
            auto outcome = co_await reflect(*call);
            co_return outcome;
        }
        if (auto const* const asked = std::get_if<rpc_health_request>(&*message.request)) {
            auto outcome = co_await tell_health(*call, request, which, asked->service);
            co_return outcome;
        }
        co_return describe(which, *message.request);
    }

    asio::awaitable<result<void>> read_first(rpc_call& call, http::foreign_request& request) {
        rpc_operation reading(io_);
        call.read(reading.completion());
        auto const& context = request.req().context;
        auto const came = co_await reading.wait(context.deadline);
        if (!came) co_return error(errc::request_timeout, "the message did not arrive before the call's deadline");
        if (reading.succeeded()) co_return result<void>();
        if (context.is_cancelled()) co_return client_closed_request();
        co_return error(errc::malformed_request, "the call has no message, or one that is too large");
    }

    asio::awaitable<rpc_outcome> infer(rpc_infer_request& asked, http::foreign_request& request) {
        auto const model = models_.find_loaded(asked.model, asked.version);
        if (!model) co_return rpc_outcome(model.error());
        auto checked = read_infer_request(asked, models_.rules_for(*model->instance));
        if (!checked) co_return rpc_outcome(checked.error());
        rpc_outcome outcome;
        auto const inferred = co_await inference_.run(request.req(), *model, *checked, outcome.log);
        if (!inferred) co_return rpc_outcome(inferred.error());
        rpc_infer_answer answer;
        answer.model = inferred->model.name();
        answer.id = asked.id;
        answer.outputs = compute_outputs(*checked, inferred->what, *inferred->model.instance);
        outcome.answer.emplace(std::move(answer));
        co_return outcome;
    }

    rpc_outcome describe(procedure which, rpc_request const& request) const {
        if (which == procedure::server_live) return rpc_outcome(rpc_verdict{models_.is_live()});
        if (which == procedure::server_ready) return rpc_outcome(rpc_verdict{models_.is_ready()});
        if (which == procedure::server_metadata) return rpc_outcome(describe_this_server(version::number));
        if (auto const* const index = std::get_if<rpc_index_request>(&request))
            return rpc_outcome(models_.index(index->ready_only));
        auto const* const asked = std::get_if<rpc_model_request>(&request);
        auto const served = models_.find(asked->name, asked->version);
        if (!served) return rpc_outcome(served.error());
        if (which == procedure::model_ready) return rpc_outcome(rpc_verdict{model_directory::is_ready(**served)});
        auto const model = models_.find_loaded(asked->name, asked->version);
        if (!model) return rpc_outcome(model.error());
        if (which == procedure::model_statistics) return rpc_outcome(statistics_of(*asked, **served));
        return rpc_outcome(inference_protocol::describe(models_.facts_of(*model)));
    }

    /// Of all models where the request names none.
    std::vector<model_statistics> statistics_of(rpc_model_request const& asked,
                                                serving::served_model const& model) const {
        std::vector<model_statistics> all;
        if (!asked.name.empty()) return {model_directory::statistics_of(model)};
        for (auto const& one : models_.about().models.all()) all.push_back(model_directory::statistics_of(one));
        return all;
    }

    rpc_verdict health_of(std::string_view service) const {
        bool const known = service.empty() || service == inference_service;
        return {known && models_.is_ready(), known};
    }

    asio::awaitable<rpc_outcome> tell_health(rpc_call& call, http::foreign_request& request, procedure which,
                                             std::string_view service) {
        auto const now = health_of(service);
        if (which == procedure::health_check && !now.known)
            co_return rpc_outcome(error(errc::not_found, "unknown service: this server has the health of `" +
                                                             std::string(inference_service) + "`"));
        if (which == procedure::health_check) co_return rpc_outcome(now);
        auto outcome = co_await watch_health(call, request, service);
        co_return outcome;
    }

    asio::awaitable<rpc_outcome> watch_health(rpc_call& call, http::foreign_request& request,
                                              std::string_view service) {
        std::optional<rpc_verdict> told;
        asio::steady_timer timer(io_);
        while (!draining_ && !request.req().context.is_cancelled()) {
            auto const now = health_of(service);
            if (told != now) {
                auto const written = co_await write(call, rpc_answer(now));
                if (!written) break;
                told = now;
            }
            timer.expires_after(health_poll_interval);
            auto const [failure] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            if (failure) break;
        }
        co_return rpc_outcome(draining_ ? shutting_down() : client_closed_request());
    }

    /// Answers each message until the client has no more.
    asio::awaitable<rpc_outcome> reflect(rpc_call& call) {
        for (;;) {
            auto const written = co_await write(call, rpc_answer(rpc_own_answer()));
            if (!written) co_return rpc_outcome(client_closed_request());
            rpc_operation reading(io_);
            call.read(reading.completion());
            bool came = false;
            while (!came && !draining_) came = co_await reading.wait(steady_clock::now() + health_poll_interval);
            if (!came) co_return rpc_outcome(shutting_down());
            if (!reading.succeeded()) co_return rpc_outcome();
            auto const message = call.take_message();
            if (!message.request) co_return rpc_outcome(message.request.error());
        }
    }

    asio::awaitable<rpc_outcome> serve_stream(call_pointer call, http::foreign_request& opened) {
        auto const stream = std::make_shared<rpc_stream>(io_);
        listed const while_served(streams_, *stream);
        asio::co_spawn(io_, read_stream(shared_from_this(), call, stream, opened.req().context), asio::detached);
        while (!stream->is_over(draining_)) {
            auto const next = stream->next();
            if (next == stream->end()) {
                co_await stream->wait();
                continue;
            }
            // One that fails is followed by others that fail: each takes its place away.
            co_await write(*call, *next->answer);
            stream->remove(next);
        }
        stream->closed = true;
        stream->notify();
        if (!stream->read_all) co_return rpc_outcome(shutting_down());
        if (opened.req().context.is_cancelled()) co_return rpc_outcome(client_closed_request());
        co_return rpc_outcome();
    }

    static asio::awaitable<void> read_stream(std::shared_ptr<impl> self, call_pointer call,
                                             std::shared_ptr<rpc_stream> stream, request_context context) {
        for (;;) {
            while (stream->size() >= self->options_.stream_requests_max && !stream->closed) co_await stream->wait();
            if (stream->closed || self->draining_) co_return;
            rpc_operation reading(self->io_);
            call->read(reading.completion());
            co_await reading.wait(steady_time::max());
            if (stream->closed) co_return;
            if (!reading.succeeded()) break;
            auto message = std::make_shared<rpc_message>(call->take_message());
            auto const place = stream->add(id_of(*message));
            asio::co_spawn(self->io_, serve_one(self, call, stream, place, std::move(message), context),
                           asio::detached);
        }
        stream->read_all = true;
        stream->notify();
    }

    static std::string id_of(rpc_message const& message) {
        if (!message.request) return {};
        auto const* const asked = std::get_if<rpc_infer_request>(&*message.request);
        return asked == nullptr ? std::string() : std::string(asked->id);
    }

    /// One request of a stream, with a line in the log of its own, under the correlation ID of the stream.
    static asio::awaitable<void> serve_one(std::shared_ptr<impl> self, call_pointer call,
                                           std::shared_ptr<rpc_stream> stream, rpc_stream::place place,
                                           std::shared_ptr<rpc_message> message, request_context context) {
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

    asio::awaitable<rpc_outcome> answer_one(rpc_call& call, rpc_message& message, request_context const& context) {
        auto head = head_of(call);
        head.correlation_id = context.correlation_id;
        http::foreign_request request(server_, std::move(head));
        auto source = request.client_left();
        auto const stop = [&source] { source.request_stop(); };
        std::stop_callback const chained(context.cancelled, stop);
        auto outcome = co_await produce_one(message, request);
        bool const gone = outcome.log.failure == errc::client_closed_request;
        request.finish(gone ? status_client_left : outcome.log.status, outcome.log, message.bytes, 0);
        co_return outcome;
    }

    asio::awaitable<rpc_outcome> produce_one(rpc_message& message, http::foreign_request& request) {
        std::exception_ptr thrown;
        try {
            if (auto const known = request.admit(); !known) co_return rpc_outcome(known.error());
            if (auto const held = request.hold(message.bytes); !held) co_return rpc_outcome(held.error());
            if (!message.request) co_return rpc_outcome(message.request.error());
            auto outcome = co_await infer(*std::get_if<rpc_infer_request>(&*message.request), request);
            co_return outcome;
        } catch (...) {
            thrown = std::current_exception();
        }
        co_return caught(request, std::move(thrown));
    }

    asio::awaitable<bool> write(rpc_call& call, rpc_answer const& answer) {
        rpc_operation writing(io_);
        call.write(answer, writing.completion());
        auto const done = co_await end_of(writing, call);
        co_return done;
    }

    asio::awaitable<bool> finish(rpc_call& call, rpc_outcome const& outcome) {
        rpc_operation writing(io_);
        auto const* const answer = outcome.answer ? &*outcome.answer : nullptr;
        call.finish(status_of(outcome), answer, writing.completion());
        auto const done = co_await end_of(writing, call);
        co_return done;
    }

    /// A client that does not read has its call cancelled.
    asio::awaitable<bool> end_of(rpc_operation& writing, rpc_call& call) {
        auto const in_time = co_await writing.wait(steady_clock::now() + write_timeout_);
        if (!in_time) {
            call.cancel();
            co_await writing.wait(steady_time::max());
        }
        co_return writing.succeeded();
    }

    asio::io_context& io_;
    model_directory const models_;
    inference inference_;
    http::server& server_;
    procedure_options const options_;
    std::chrono::milliseconds const write_timeout_;
    std::size_t calls_ = 0;
    bool draining_ = false;
    std::vector<rpc_stream*> streams_;
};

procedures::procedures(asio::io_context& io, service const& s, fetch::image_fetcher* fetcher, http::server& server,
                       procedure_options options)
    : impl_(std::make_shared<impl>(io, s, fetcher, server, options)) {}

procedures::~procedures() = default;

void procedures::accept(std::shared_ptr<rpc_call> call) {
    asio::post(impl_->io(), [impl = impl_, c = std::move(call)] { impl->start(c); });
}

void procedures::drain() { impl_->drain(); }

}  // namespace sma::api::inference_protocol
