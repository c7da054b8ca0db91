#include "lifecycle.hpp"

#include "sma/core/await_tuple.hpp"
#include "sma/core/logging.hpp"
#include "trace_export.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>

namespace sma::app {
namespace {

constexpr std::chrono::milliseconds poll_interval{20};
// Time after the drain timeout, to answer what is queued.
constexpr std::chrono::seconds last_answers_timeout{1};
// On top of grace and timeout: those last answers, the last work, the end of the process.
constexpr std::chrono::seconds ending_margin{15};

}  // namespace

std::chrono::milliseconds stop_limit(settings const& s) {
    auto const traces = s.otlp_endpoint.empty() ? std::chrono::seconds(0) : last_exports_timeout;
    return std::chrono::milliseconds(s.drain_grace_ms + s.drain_timeout_ms) + ending_margin + traces;
}

lifecycle::lifecycle(boost::asio::io_context& io, settings const& s, http::server& server, grpc_listener* grpc,
                     serving::served_models const& models, api_key_file& keys, tls_certificate& certificate,
                     memory_trimmer& memory, service_reporter& reporter)
    : io_(io),
      settings_(s),
      server_(server),
      grpc_(grpc),
      models_(models),
      keys_(keys),
      certificate_(certificate),
      memory_(memory),
      reporter_(reporter),
      signals_(io, SIGTERM, SIGINT, SIGHUP),
      tick_(io) {
    signals_.add(SIGUSR1);
}

void lifecycle::start() {
    boost::asio::co_spawn(io_, watch_signals(), boost::asio::detached);
    memory_.start();
    if (reporter_.has_manager()) boost::asio::co_spawn(io_, report_life(), boost::asio::detached);
}

boost::asio::awaitable<void> lifecycle::report_life() {
    while (!over_) {
        reporter_.tick(models_.makes_progress());
        tick_.expires_after(reporter_.tick_interval());
        auto const [failure] = co_await tick_.async_wait(await_tuple);
        if (failure) co_return;
    }
}

boost::asio::awaitable<void> lifecycle::watch_signals() {
    bool draining = false;
    for (;;) {
        auto const [failure, signal] = co_await signals_.async_wait(await_tuple);
        if (failure) co_return;
        if (signal == SIGHUP) {
            log::info("reload requested", {{"signal", "SIGHUP"}});
            models_.load();
            keys_.reload();
            certificate_.reload();
            continue;
        }
        if (signal == SIGUSR1) {
            bool const debug = log::toggle_debug();
            log::info("log level changed", {{"signal", "SIGUSR1"}, {"debug", debug}});
            continue;
        }
        if (draining) {
            log::warn("second signal, exiting at once", {{"requests_in_flight", server_.requests_in_flight()}});
            log::shut_down();
            std::_Exit(128 + signal);
        }
        draining = true;
        log::info("draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"},
                               {"grace_ms", settings_.drain_grace_ms},
                               {"timeout_ms", settings_.drain_timeout_ms}});
        boost::asio::co_spawn(io_, drain(), boost::asio::detached);
    }
}

boost::asio::awaitable<bool> lifecycle::connections_gone(steady_time end) {
    boost::asio::steady_timer timer(io_);
    while (has_connections()) {
        if (std::chrono::steady_clock::now() >= end) co_return false;
        timer.expires_after(poll_interval);
        auto const [failure] = co_await timer.async_wait(await_tuple);
        if (failure) co_return false;
    }
    co_return true;
}

boost::asio::awaitable<void> lifecycle::drain() {
    models_.drain();
    server_.announce_drain();
    boost::asio::steady_timer timer(io_);
    timer.expires_after(std::chrono::milliseconds(settings_.drain_grace_ms));
    auto const [grace_failure] = co_await timer.async_wait(await_tuple);
    (void)grace_failure;
    server_.close_listeners();
    server_.drain();
    std::chrono::milliseconds const timeout(settings_.drain_timeout_ms);
    if (grpc_ != nullptr) grpc_->drain(timeout + last_answers_timeout);
    auto const end = std::chrono::steady_clock::now() + timeout;
    bool const finished = co_await connections_gone(end);
    if (!finished) {
        log::warn("drain timed out", {{"requests_in_flight", server_.requests_in_flight()}});
        models_.close();
        auto const last = std::chrono::steady_clock::now() + last_answers_timeout;
        auto const answered = co_await connections_gone(last);
        (void)answered;
    }
    server_.abort();
    finish();
}

void lifecycle::finish() {
    // The signals were watched until here, so that a second one still worked.
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    over_ = true;
    tick_.cancel();
    memory_.stop();
    io_.stop();
}

}  // namespace sma::app
