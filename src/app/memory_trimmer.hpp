// Memory trimmer: returns the allocator's freed memory to the system while the server is idle.
#pragma once

#include "sma/http/server.hpp"
#include "sma/serving/model_manager.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>

namespace sma::app {

/// Owned by the composition; I/O thread. Bodies and decoded images are many blocks of all sizes, and the allocator
/// keeps what a burst has needed. The loader thread does the work, once after each period of use: probes and scrapes
/// upload nothing and do not cause it again.
class memory_trimmer {
public:
    memory_trimmer(boost::asio::io_context& io, http::server const& server, serving::model_manager& models);

    void start();
    /// Ends the coroutine.
    void stop();

private:
    boost::asio::awaitable<void> watch();

    boost::asio::io_context& io_;
    http::server const& server_;
    serving::model_manager& models_;
    boost::asio::steady_timer timer_;
    bool over_ = false;
};

}  // namespace sma::app
