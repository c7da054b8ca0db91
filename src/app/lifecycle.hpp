// Signal handling and graceful shutdown of the service.
#pragma once

#include "api_key_file.hpp"
#include "grpc_listener.hpp"
#include "memory_trimmer.hpp"
#include "service_manager.hpp"
#include "sma/core/settings.hpp"
#include "sma/http/server.hpp"
#include "sma/serving/served_models.hpp"
#include "tls_certificate.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace sma::app {

/// The longest time from SIGTERM to the end of the process.
std::chrono::milliseconds stop_limit(settings const& s);

/// SIGHUP reloads weights, keys and certificate. SIGUSR1 turns debug lines on and off. SIGTERM or SIGINT drains, then
/// stops the io_context; a second one ends the process at once. Also feeds the service manager's watchdog. Owned by the
/// composition; I/O thread.
class lifecycle {
public:
    /// `grpc` may be null.
    lifecycle(boost::asio::io_context& io, settings const& s, http::server& server, grpc_listener* grpc,
              serving::served_models const& models, api_key_file& keys, tls_certificate& certificate,
              memory_trimmer& memory, service_reporter& reporter);

    void start();

private:
    boost::asio::awaitable<void> watch_signals();
    boost::asio::awaitable<void> report_life();
    boost::asio::awaitable<void> drain();
    /// Waits until no connection is left, at most until `end`.
    boost::asio::awaitable<bool> connections_gone(steady_time end);
    bool has_connections() const { return server_.connections() > 0 || (grpc_ != nullptr && !grpc_->is_drained()); }
    void finish();

    boost::asio::io_context& io_;
    settings const& settings_;
    http::server& server_;
    grpc_listener* const grpc_;
    serving::served_models const& models_;
    api_key_file& keys_;
    tls_certificate& certificate_;
    memory_trimmer& memory_;
    service_reporter& reporter_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer tick_;
    bool over_ = false;
};

}  // namespace sma::app
