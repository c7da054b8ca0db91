#include "sma/api/inference_protocol/procedures.hpp"

#include "model_directory.hpp"
#include "rpc_inference.hpp"
#include "rpc_operation.hpp"
#include "rpc_outcome.hpp"
#include "rpc_queries.hpp"
#include "rpc_request_head.hpp"
#include "rpc_writer.hpp"
#include "sma/core/logging.hpp"
#include "sma/http/foreign_request.hpp"
#include "stream_inference.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

// g++ 12 inlines one half of Asio's allocation of a coroutine's frame here, and then misses its other half.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace sma::api::inference_protocol {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr unsigned status_client_left = 499;
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

}  // namespace

class procedures::impl : public std::enable_shared_from_this<procedures::impl> {
public:
    impl(asio::io_context& io, service const& s, fetch::image_fetcher* fetcher, http::server& server,
         procedure_options options)
        : io_(io),
          models_(s),
          inference_(s, fetcher),
          server_(server),
          calls_max_(options.calls_max),
          writer_(io, std::chrono::milliseconds(s.configuration.write_timeout_ms)),
          streams_(std::make_shared<stream_inference>(io, server, inference_, writer_, options.stream_requests_max)) {}

    void start(std::shared_ptr<rpc_call> call) {
        asio::co_spawn(io_, run(shared_from_this(), std::move(call)), asio::detached);
    }

    void drain() {
        draining_ = true;
        streams_->drain();
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
        auto const sent = co_await writer_.finish(*call, outcome);
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
        co_return outcome_of(std::move(thrown), request.req().context.correlation_id);
    }

    /// What can be refused before the message is read.
    result<void> admit(rpc_call const& call, http::foreign_request& request) {
        auto const which = call.which();
        if (!which) return error(errc::not_implemented, "this server has no such procedure");
        if (calls_ > calls_max_) return error(errc::queue_full, "too many calls are in flight", 1);
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
            auto outcome = co_await streams_->serve(call, request);
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
            auto outcome = co_await inference_.run(*asked, request);
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
        co_return answer_query(models_, which, *message.request);
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

    asio::awaitable<rpc_outcome> tell_health(rpc_call& call, http::foreign_request& request, procedure which,
                                             std::string_view service) {
        auto const now = health_of(models_, service);
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
            auto const now = health_of(models_, service);
            if (told != now) {
                auto const written = co_await writer_.write(call, rpc_answer(now));
                if (!written) break;
                told = now;
            }
            timer.expires_after(health_poll_interval);
            auto const [failure] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            if (failure) break;
        }
        co_return rpc_outcome(draining_ ? rpc_shutting_down() : client_closed_request());
    }

    /// Answers each message until the client has no more.
    asio::awaitable<rpc_outcome> reflect(rpc_call& call) {
        for (;;) {
            auto const written = co_await writer_.write(call, rpc_answer(rpc_own_answer()));
            if (!written) co_return rpc_outcome(client_closed_request());
            rpc_operation reading(io_);
            call.read(reading.completion());
            bool came = false;
            while (!came && !draining_) came = co_await reading.wait(steady_clock::now() + health_poll_interval);
            if (!came) co_return rpc_outcome(rpc_shutting_down());
            if (!reading.succeeded()) co_return rpc_outcome();
            auto const message = call.take_message();
            if (!message.request) co_return rpc_outcome(message.request.error());
        }
    }

    asio::io_context& io_;
    model_directory const models_;
    rpc_inference inference_;
    http::server& server_;
    std::size_t const calls_max_;
    rpc_writer const writer_;
    std::shared_ptr<stream_inference> const streams_;
    std::size_t calls_ = 0;
    bool draining_ = false;
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
