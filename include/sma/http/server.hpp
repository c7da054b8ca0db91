// HTTP server: its limits, listeners and sessions.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/api_keys.hpp"
#include "sma/http/limits.hpp"
#include "sma/http/router.hpp"
#include "sma/http/tls_context.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sma {
class metrics;
namespace tracing {
class tracer;
}
}  // namespace sma

namespace sma::http {

class foreign_request;
class session_context;

/// Owned by the composition; used on the I/O thread only, the only thread that runs its io_context. Sessions share what
/// they need and keep it alive, so the server may be destroyed at any time while the context does not run. The
/// endpoints must live until connections() is zero or the context is not run any more.
class server {
public:
    server(boost::asio::io_context::executor_type io, router const& routes, limits const& l, metrics& m);
    /// Calls abort().
    ~server();
    server(server const&) = delete;
    server& operator=(server const&) = delete;

    /// Binds and listens on TCP; port 0 takes a free one. The URL it listens on, e.g. "http://127.0.0.1:8000". May
    /// block to look up the name. All three: io_error.
    result<std::string> listen(std::string const& host, std::uint16_t port);
    /// Listens on a Unix socket; replaces an old socket file that no process listens on.
    result<std::string> listen_unix(std::string const& path);
    /// Takes over a listening descriptor (systemd). Its connections wait until start_accepting().
    result<std::string> adopt(int descriptor);
    /// From now on checked routes require one of these keys; null: no key.
    void use_keys(std::shared_ptr<api_keys const> keys);
    /// From now on new connections on TCP use TLS with this context; those on Unix sockets never do. To be called first
    /// before listen() and adopt(), whose URLs have the scheme; may be replaced, never removed.
    void use_tls(std::shared_ptr<tls_context const> context);
    /// From now on requests are traced, those that the tracer samples. It must live as long as the endpoints.
    void use_tracer(tracing::tracer const& tracer);
    /// From now on connections of adopted descriptors are accepted.
    void start_accepting();

    /// From now on each response says Connection: close and is the last of its connection, so that proxies reuse none.
    /// Idle connections stay open, for a request may be on its way, and new ones are accepted.
    void announce_drain();
    /// No new connections.
    void close_listeners();
    /// Idle connections close now, the others after their current response (which says Connection: close).
    void drain();
    /// Open connections.
    std::size_t connections() const noexcept;
    /// Requests read or being answered.
    std::size_t requests_in_flight() const noexcept;
    /// Bytes of bodies in memory, now and in all.
    std::size_t body_bytes_in_flight() const noexcept;
    std::uint64_t body_bytes_taken() const noexcept;
    /// Closes everything at once, and asks the handlers that run to stop.
    void abort();

private:
    friend class foreign_request;
    std::shared_ptr<session_context> shared_context() const noexcept;

    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::http
