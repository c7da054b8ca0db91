// Signals, and the order in which a service that has started comes to its end.
#pragma once

#include "sma/core/settings.hpp"
#include "sma/http/server.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/model_slot.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace sma::app {

/// SIGHUP reloads; SIGTERM or SIGINT drains, then stops the io_context; a second one ends the process at once. Owned by
/// serve(); I/O thread.
class lifecycle {
public:
    lifecycle(boost::asio::io_context& io, settings const& s, http::server& server, serving::model_slot& slot,
              serving::dispatcher& dispatcher);

    void start();

private:
    boost::asio::awaitable<void> watch_signals();
    boost::asio::awaitable<void> drain();

    boost::asio::io_context& io_;
    settings const& settings_;
    http::server& server_;
    serving::model_slot& slot_;
    serving::dispatcher& dispatcher_;
    boost::asio::signal_set signals_;
};

}  // namespace sma::app
