// Stream of bytes to an image's host, over TCP or TLS.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>

#include <memory>
#include <string>
#include <utility>

namespace sma::fetch {

/// Asio's AsyncReadStream and AsyncWriteStream. Belongs to one coroutine.
class host_stream {
public:
    using tcp_stream = boost::beast::basic_stream<boost::asio::ip::tcp>;
    using executor_type = tcp_stream::executor_type;
    using error_code = boost::system::error_code;

    explicit host_stream(boost::asio::any_io_executor executor) : tcp_(std::move(executor)) {}

    executor_type get_executor() noexcept { return tcp_.get_executor(); }
    /// To connect, and to set limits of time.
    tcp_stream& tcp() noexcept { return tcp_; }

    /// Once it is connected; what follows goes over TLS. The host's certificate must be for the name or address `host`.
    boost::asio::awaitable<error_code> shake_hands(boost::asio::ssl::context& context, std::string const& host);

    template <class Buffers, class CompletionToken>
    auto async_read_some(Buffers const& into, CompletionToken&& token) {
        if (tls_) return tls_->async_read_some(into, std::forward<CompletionToken>(token));
        return tcp_.async_read_some(into, std::forward<CompletionToken>(token));
    }
    template <class Buffers, class CompletionToken>
    auto async_write_some(Buffers const& from, CompletionToken&& token) {
        if (tls_) return tls_->async_write_some(from, std::forward<CompletionToken>(token));
        return tcp_.async_write_some(from, std::forward<CompletionToken>(token));
    }

private:
    tcp_stream tcp_;
    std::unique_ptr<boost::asio::ssl::stream<tcp_stream&>> tls_;
};

}  // namespace sma::fetch
