// HTTP connection to a server, kept alive between requests.
#pragma once

#include "sma/client/server_address.hpp"
#include "sma/core/file_threads.hpp"
#include "sma/core/open_file.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sma::client {

struct http_reply {
    unsigned status = 0;
    std::string body;
    std::string correlation_id;
    std::optional<double> retry_after_s;
};

/// The outcome of one request on a connection.
struct exchange {
    enum class kind {
        answered,
        stale,        ///< a kept connection that the server had closed, or sent something on: ask again on a new one
        unreachable,  ///< no connection could be made
        lost,         ///< it broke before the whole answer was there
        timed_out,
        file_failed,  ///< the file could not be read to its end
    };
    kind is = kind::lost;
    http_reply reply;
    std::string message;
};

/// Belongs to the I/O thread; one exchange at a time.
class http_connection {
public:
    http_connection(boost::asio::any_io_executor executor, server_address const& address, file_threads& files)
        : address_(address), files_(files), stream_(std::move(executor)) {}

    /// Sends `head` (which ends with an empty line and has the length of `body`), then the file, if any, piece by piece
    /// from disk; reads the response, which may come before the whole file is sent. All within `timeout`.
    boost::asio::awaitable<exchange> ask(std::string head, open_file* body, std::chrono::milliseconds timeout);

    /// False if the next ask() has to connect.
    bool is_open() const noexcept { return open_; }

private:
    using protocol = boost::asio::generic::stream_protocol;
    using stream = boost::beast::basic_stream<protocol>;
    using error_code = boost::system::error_code;
    using parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

    boost::asio::awaitable<error_code> connect();
    boost::asio::awaitable<error_code> connect_tcp();
    boost::asio::awaitable<error_code> shake_hands();
    boost::asio::awaitable<error_code> send(boost::asio::const_buffer bytes);
    boost::asio::awaitable<error_code> send_file(open_file& body, std::string& problem);
    boost::asio::awaitable<error_code> receive(http_reply& reply, bool may_keep);
    boost::asio::awaitable<error_code> read(parser& into);
    bool has_early_answer();
    /// Nothing has come since the last answer.
    bool is_quiet();
    void close();

    server_address const& address_;
    file_threads& files_;
    stream stream_;
    std::unique_ptr<boost::asio::ssl::stream<stream&>> tls_;  ///< made anew with each connection to an https server
    boost::beast::flat_buffer received_;
    bool open_ = false;
};

}  // namespace sma::client
