// TLS handshake of the session, before its first request.
#include "session.hpp"

#include "sma/core/logging.hpp"

#include <chrono>

namespace sma::http {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::string_view plain_http_head =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 28\r\nConnection: close\r\n\r\n";
constexpr std::string_view plain_http_body = "This is HTTPS: use https://\n";
static_assert(plain_http_body.size() == 28);

}  // namespace

void session::note_failure(std::string_view reason) {
    context_->counters.count_handshake_failure(reason);
    log::debug("TLS handshake failed", {{"reason", reason}, {"client", link_->client()}});
}

/// True if the connection may be used. Until then it counts as idle, like one between two requests: it is closed when
/// the server drains, or when it has sent nothing for a while and its place is needed.
asio::awaitable<bool> session::shake_hands() {
    auto const deadline = steady_clock::now() + context_->limit.header_timeout;
    for (;;) {
        auto const step = link_->handshake();
        if (step == tls_stream::step::done) co_return true;
        if (step == tls_stream::step::failed) break;
        auto end = connection::wait_end::closed;
        if (may_wait_idle()) {
            auto const what = step == tls_stream::step::wants_read ? connection::wait_type::wait_read
                                                                   : connection::wait_type::wait_write;
            begin_idle(steady_clock::now());
            auto const waited = co_await link_->wait(what, deadline);
            end_idle();
            end = waited;
        }
        if (end == connection::wait_end::ready) continue;
        note_failure(end == connection::wait_end::timed_out ? "timeout" : "dropped");
        co_return false;
    }
    co_await refuse_handshake();
    co_return false;
}

/// Waits so that the alert, or the response to a client that does not speak TLS at all, reaches the client.
asio::awaitable<void> session::refuse_handshake() {
    auto const reason = link_->handshake_failure();
    note_failure(reason);
    link_->go_plain();
    if (reason == handshake_closed) co_return;
    if (reason == handshake_plain_http) {
        auto const sent = co_await link_->write(plain_http_head, plain_http_body);
        if (!sent) co_return;
    }
    co_await linger();
}

}  // namespace sma::http
