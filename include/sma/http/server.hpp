// HTTP server: its limits, listeners and sessions.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/api_keys.hpp"
#include "sma/http/router.hpp"
#include "sma/http/tls_context.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sma {
class metrics;
}

namespace sma::http {

/// Every limit of the HTTP component. Filled from the settings of the same names.
struct limits {
    std::size_t max_connections = 10'000;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 64 * 1024 * 1024;   ///< the whole body of one request
    std::size_t max_image_bytes = 10 * 1024 * 1024;  ///< one part, or one bare body
    std::size_t max_parts = 100;
    std::size_t max_inflight_body_bytes = 256 * 1024 * 1024;  ///< over all uploads
    std::size_t min_body_bytes_per_s = 1024;                  ///< average, after body_grace
    std::chrono::milliseconds header_timeout{10'000};         ///< first byte to end of header; a TLS handshake
    std::chrono::milliseconds body_grace{5'000};              ///< before min_body_bytes_per_s counts
    std::chrono::milliseconds idle_timeout{60'000};           ///< between requests
    std::chrono::milliseconds idle_evictable_after{1'000};    ///< at max_connections, one idle for longer is closed
    std::chrono::milliseconds linger_time{2'000};             ///< after a last answer, for the client to read it
    std::chrono::milliseconds write_timeout{30'000};          ///< without progress
    std::chrono::milliseconds request_timeout{30'000};        ///< default_timeout_ms: the deadline of a whole request
    bool trust_correlation_id = false;
    std::vector<std::string> cors_allowed_origins;  ///< empty: no CORS
    request_rate client_rate;                       ///< of a client without a rate of its own
    std::vector<std::string> trusted_proxies;       ///< networks whose X-Forwarded-For is believed, or "unix"
};

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
    /// From now on connections of adopted descriptors are accepted.
    void start_accepting();

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
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::http
