// Connection to a client: waits, reads and writes with deadlines, and a watch for a client that leaves.
#pragma once

#include "session_context.hpp"
#include "tls_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace sma::http {

using stream_socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, io_executor>;

/// Owned by its session; I/O thread only. Every operation is a wait for readiness followed by a non-blocking call, so
/// that a wait can be abandoned at any time without losing a byte. An idle connection holds no buffer. One timer serves
/// all deadlines: it is set again only when a deadline comes before the one it waits for. Under TLS all this holds too.
class connection : public std::enable_shared_from_this<connection> {
public:
    enum class wait_end { ready, timed_out, closed };
    using read_end = tls_stream::io_end;
    using wait_type = boost::asio::socket_base::wait_type;
    /// A view into the shared scratch memory, valid until the next suspension or read.
    struct piece {
        read_end end;
        std::string_view bytes;
    };

    connection(std::shared_ptr<session_context> context, stream_socket socket, std::string client);

    std::string const& client() const noexcept { return client_; }
    stream_socket& socket() noexcept { return socket_; }

    /// To be called before anything else: from now on reads and writes go through TLS, once handshake() is done.
    void secure(tls_context const& with) { tls_ = std::make_unique<tls_stream>(with, socket_.native_handle()); }
    bool is_secured() const noexcept { return tls_ != nullptr; }
    tls_stream::step handshake() noexcept { return tls_->handshake(); }
    std::string_view handshake_failure() const noexcept { return tls_->failure(); }
    /// To be called after a failed handshake: reads and writes the bytes of the socket itself.
    void go_plain() noexcept { tls_.reset(); }

    /// One wait at a time, and none during a watch.
    boost::asio::awaitable<wait_end> wait(wait_type what, steady_time deadline);
    /// Makes a pending wait end as `closed`; the socket stays usable.
    void interrupt() noexcept;

    /// The bytes that have been read and not consumed.
    std::string_view unread() const noexcept { return std::string_view(input_).substr(begin_); }
    void consume(std::size_t bytes) noexcept;
    /// Reads the bytes that are available, until `unread()` has `most` bytes; never waits.
    read_end fill(std::size_t most);
    /// Reads at most `most` bytes past unread(), which must be empty; never waits.
    piece read(std::size_t most);
    /// Gives the input buffer back; unread() must be empty.
    void release_memory() noexcept;

    /// Sends head and body in as few calls as possible. `head` may be in scratch memory, `body` must stay valid until
    /// the end. False: the client left, or accepted nothing for write_timeout.
    boost::asio::awaitable<bool> write(std::string_view head, std::string_view body);

    /// Until unwatch(): reads what the client sends, into a buffer of at most `most` bytes, and requests a stop when it
    /// closes or resets the connection; with allow_half_close, when it resets it. Begins only if the caller suspends.
    void watch(std::stop_source on_gone, std::size_t most);
    void unwatch() noexcept;
    bool peer_gone() const noexcept { return peer_gone_; }
    /// The client has closed its sending side and is not gone for that. Never under TLS.
    bool is_half_closed() const noexcept { return half_closed_; }

    void shut_down_sending() noexcept;
    void close() noexcept;
    /// Treats the client as gone: a running watch requests its stop.
    void abort() noexcept;

private:
    void arm(steady_time deadline);
    void set_timer(steady_time deadline);
    void on_timer();
    std::size_t write_now(std::string_view head, std::string_view body, bool& failed);
    std::size_t write_secured(std::string_view head, std::string_view body, bool& failed) noexcept;
    tls_stream::transfer read_some(std::span<char> into) noexcept;
    void watch_again(std::uint64_t turn);
    void on_watch(boost::system::error_code failure, std::uint64_t turn);
    bool reads_no_more() const noexcept { return half_closed_ || unread().size() >= watch_bytes_max_; }
    bool is_hung_up() noexcept;

    std::shared_ptr<session_context> context_;
    stream_socket socket_;
    std::unique_ptr<tls_stream> tls_;  ///< none: plain
    io_timer timer_;
    std::string client_;
    std::string input_;
    std::size_t begin_ = 0;
    steady_time deadline_ = steady_time::max();
    bool timer_set_ = false;
    bool expired_ = false;
    bool peer_gone_ = false;
    bool half_closed_ = false;
    bool watch_pending_ = false;
    std::uint64_t turn_ = 0;  ///< which watch a callback belongs to
    std::size_t watch_bytes_max_ = 0;
    std::stop_source on_gone_{std::nostopstate};
};

}  // namespace sma::http
