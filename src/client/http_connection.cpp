#include "sma/client/http_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/read.hpp>
#include "sma/core/parse_number.hpp"

namespace sma::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece_bytes = 128 * 1024;
constexpr std::uint64_t reply_bytes_max = 1024 * 1024;
constexpr unsigned final_status_min = 200;

std::optional<double> seconds_in(beast::string_view text) {
    auto const value = parse_number<double>({text.data(), text.size()});
    return value && *value >= 0 ? value : std::nullopt;
}

exchange::kind kind_of(boost::system::error_code const& failed) {
    return failed == beast::error::timeout ? exchange::kind::timed_out : exchange::kind::lost;
}

}  // namespace

asio::awaitable<exchange> http_connection::ask(std::string head, open_file* body, std::chrono::milliseconds timeout) {
    exchange done;
    stream_.expires_after(timeout);
    bool const kept = open_;
    if (kept && !is_quiet()) {
        close();
        done.is = exchange::kind::stale;
        co_return done;
    }
    if (!kept) {
        auto const failed = co_await connect();
        if (failed) {
            close();
            done.is = failed == beast::error::timeout ? exchange::kind::timed_out : exchange::kind::unreachable;
            done.message = failed.message();
            co_return done;
        }
    }
    asio::const_buffer const head_bytes = asio::buffer(head);
    auto sending_failed = co_await send(head_bytes);
    if (!sending_failed && body != nullptr) sending_failed = co_await send_file(*body, done.message);
    if (!done.message.empty()) {
        close();
        done.is = exchange::kind::file_failed;
        co_return done;
    }
    // A server that refuses an upload answers and hangs up: the answer may be there although sending failed.
    auto const failed = co_await receive(done.reply, !sending_failed);
    if (!failed) {
        done.is = exchange::kind::answered;
        co_return done;
    }
    bool const nothing_came = received_.size() == 0 && failed != beast::error::timeout;
    done.is = kept && nothing_came ? exchange::kind::stale : kind_of(failed);
    done.message = (sending_failed ? sending_failed : failed).message();
    close();
    co_return done;
}

asio::awaitable<http_connection::error_code> http_connection::connect() {
    received_.clear();
    error_code failed;
    if (address_.unix_socket.empty()) {
        failed = co_await connect_tcp();
    } else {
        protocol::endpoint const there(asio::local::stream_protocol::endpoint(address_.unix_socket));
        auto const [connecting_failed] = co_await stream_.async_connect(there, token);
        failed = connecting_failed;
    }
    if (!failed && address_.secure) {
        auto const refused = co_await shake_hands();
        failed = refused;
    }
    open_ = !failed;
    co_return failed;
}

asio::awaitable<http_connection::error_code> http_connection::shake_hands() {
    tls_ = std::make_unique<asio::ssl::stream<stream&>>(stream_, *address_.tls);
    error_code no_address;
    asio::ip::make_address(address_.host, no_address);
    // RFC 6066 section 3: names only.
    if (no_address) SSL_set_tlsext_host_name(tls_->native_handle(), address_.host.c_str());
    bool const verifies = SSL_get_verify_mode(tls_->native_handle()) != SSL_VERIFY_NONE;
    if (verifies) tls_->set_verify_callback(asio::ssl::host_name_verification(address_.host));
    auto const [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, token);
    co_return failed;
}

asio::awaitable<http_connection::error_code> http_connection::send(asio::const_buffer bytes) {
    if (tls_) {
        auto const [failed, sent] = co_await asio::async_write(*tls_, bytes, token);
        co_return failed;
    }
    auto const [failed, sent] = co_await asio::async_write(stream_, bytes, token);
    co_return failed;
}

asio::awaitable<http_connection::error_code> http_connection::connect_tcp() {
    tcp::resolver resolver(stream_.get_executor());
    auto const port = std::to_string(address_.port);
    auto const [resolving_failed, found] = co_await resolver.async_resolve(address_.host, port, token);
    error_code failed = resolving_failed;
    for (auto const& entry : found) {
        protocol::endpoint const there(entry.endpoint());
        auto const [connecting_failed] = co_await stream_.async_connect(there, token);
        failed = connecting_failed;
        if (!failed) {
            error_code ignored;
            stream_.socket().set_option(tcp::no_delay(true), ignored);
            break;
        }
        stream_.socket().close();
    }
    co_return failed;
}

// `problem` says what is wrong with the file; an error code is the connection's.
asio::awaitable<http_connection::error_code> http_connection::send_file(open_file& body, std::string& problem) {
    std::string piece(std::min<std::uint64_t>(piece_bytes, body.bytes()), '\0');
    for (auto left = body.bytes(); left > 0;) {
        auto const want = std::min<std::uint64_t>(left, piece.size());
        std::function<result<std::size_t>()> read = [&body, &piece, want] { return body.read({piece.data(), want}); };
        auto const got = co_await files_.async_run<result<std::size_t>>(std::move(read), asio::use_awaitable);
        if (!got) problem = got.error().message;
        if (got && *got != want) problem = "the file was truncated while it was being read";
        if (!problem.empty()) co_return error_code();
        asio::const_buffer const bytes(piece.data(), want);
        auto const failed = co_await send(bytes);
        if (failed) co_return failed;
        left -= want;
        if (left > 0 && has_early_answer()) co_return asio::error::operation_aborted;
    }
    co_return error_code();
}

bool http_connection::has_early_answer() {
    // Under TLS the bytes may be a session's ticket: there the answer waits until the server accepts no more.
    error_code ignored;
    return !tls_ && stream_.socket().available(ignored) > 0;
}

// Unexpected bytes or the end of the connection: no response to the next request (RFC 9112 section 9.2).
bool http_connection::is_quiet() {
    error_code got;
    stream_.socket().non_blocking(true, got);
    char unasked = 0;
    asio::mutable_buffer const into(&unasked, 1);
    if (tls_)
        tls_->read_some(into, got);
    else
        stream_.read_some(into, got);
    return got == asio::error::would_block;
}

asio::awaitable<http_connection::error_code> http_connection::read(parser& into) {
    if (tls_) {
        auto const [failed, bytes] = co_await beast::http::async_read(*tls_, received_, into, token);
        co_return failed;
    }
    auto const [failed, bytes] = co_await beast::http::async_read(stream_, received_, into, token);
    co_return failed;
}

asio::awaitable<http_connection::error_code> http_connection::receive(http_reply& reply, bool may_keep) {
    std::optional<parser> answer;
    do {  // until it is the last one: those below 200 only say that it is under way
        answer.emplace();
        answer->body_limit(reply_bytes_max);
        auto const failed = co_await read(*answer);
        if (failed) co_return failed;
    } while (answer->get().result_int() < final_status_min);
    auto& message = answer->get();
    reply.status = message.result_int();
    reply.correlation_id = std::string(message["X-Correlation-ID"]);
    reply.retry_after_s = seconds_in(message[beast::http::field::retry_after]);
    reply.body = std::move(message.body());
    // Remaining bytes would be taken for the response to the next request.
    if (!may_keep || !answer->keep_alive() || received_.size() > 0) close();
    stream_.expires_never();
    co_return error_code();
}

void http_connection::close() {
    open_ = false;
    received_.clear();
    tls_.reset();
    error_code ignored;
    stream_.socket().close(ignored);
}

}  // namespace sma::client
