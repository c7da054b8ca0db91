// A plain HTTP/1.1 client for tests: raw bytes out, and a strict parser for what comes back.
#pragma once

#include "tls_client.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::test {

/// The connection broke, time ran out, or the response is not valid HTTP.
class client_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

using header_list = std::vector<std::pair<std::string, std::string>>;

struct http_response {
    int status = 0;
    std::string version;  ///< "HTTP/1.1"
    header_list headers;
    std::string body;

    /// The only header of that name (any case); throws client_error if it is missing or there are several.
    std::string const& header(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    bool has(std::string_view name) const { return count(name) > 0; }
    /// Whether the server says that it will close the connection.
    bool closes() const;
};

/// A whole request as bytes, with Host, and with Content-Length if there is a body or the method has one.
std::string make_request(std::string_view method, std::string_view target, header_list const& headers = {},
                         std::string_view body = {});

/// One blocking connection to 127.0.0.1 or to a Unix socket. Belongs to one thread.
class connection {
public:
    static constexpr std::chrono::milliseconds default_timeout{60'000};

    explicit connection(std::uint16_t port, std::chrono::milliseconds timeout = default_timeout);
    /// The same under TLS; throws client_error where the handshake fails.
    connection(std::uint16_t port, tls_options const& options, std::chrono::milliseconds timeout = default_timeout,
               ssl_session_st* resumed = nullptr);
    explicit connection(std::filesystem::path const& unix_socket, std::chrono::milliseconds timeout = default_timeout);
    ~connection();
    connection(connection&& other) noexcept;
    connection& operator=(connection&&) = delete;

    /// Everything, or client_error.
    void send(std::string_view bytes);
    /// False if the peer has gone.
    bool try_send(std::string_view bytes);
    /// The next response; `to_head`: it answers HEAD, so that it has no body. 1xx responses are returned like any.
    http_response read(bool to_head = false);
    /// send() and read().
    http_response ask(std::string_view request);

    /// True once the peer has closed, without one more byte, within `limit`.
    bool ended(std::chrono::milliseconds limit);
    /// Everything until the peer closes.
    std::string read_to_end();
    /// No more bytes will be sent; the other direction stays open.
    void finish_sending();
    /// Closes with a reset, as a client does that is killed.
    void reset();

    int descriptor() const { return socket_; }
    /// Of a connection under TLS.
    tls_client& tls() { return *tls_; }
    /// Whether ended() and others came to the end because the server said so under TLS.
    bool heard_goodbye() const { return end_ == tls_client::end::goodbye; }

private:
    /// False at the end of the stream. A reset counts as an end.
    bool fill();
    std::size_t receive(char* bytes, std::size_t most);
    std::size_t receive_secured(char* bytes, std::size_t most);
    void limit_waits();
    std::string take_line();
    std::string take(std::size_t bytes);
    std::string take_chunks();

    int socket_;
    std::chrono::milliseconds timeout_;
    std::string buffer_;
    std::unique_ptr<tls_client> tls_;
    tls_client::end end_ = tls_client::end::none;
};

/// One request on a connection of its own.
http_response ask_once(std::uint16_t port, std::string_view request);
http_response ask_once(std::uint16_t port, tls_options const& options, std::string_view request);

}  // namespace sma::test
