// Body reception of the session: framing, minimum rate and deadline. Where the content goes is upload's business.
#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace sma::http {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t chunked_read_bytes = 16 * 1024;
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

asio::awaitable<result<void>> session::receive_body(transaction& x) {
    auto const framing = x.head().framing;
    std::optional<std::uint64_t> declared;
    if (framing != body_framing::chunked) declared = x.head().content_length;
    upload sink(*context_, x.req(), x.held(), x.row->body, declared);
    auto const begun = sink.begin();
    if (!begun) co_return begun.error();
    if (framing == body_framing::none) co_return sink.finish();

    body_begin_ = steady_clock::now();
    auto const invited = co_await send_continue(x);
    if (!invited) co_return invited.error();
    if (framing == body_framing::length) {
        auto const received = co_await receive_sized(x, sink);
        if (!received) co_return received.error();
    } else {
        auto const received = co_await receive_chunked(x, sink);
        if (!received) co_return received.error();
    }
    x.req().upload_ms = x.elapsed_ms();
    co_return sink.finish();
}

asio::awaitable<result<void>> session::send_continue(transaction& x) {
    // A client that has not waited for the invitation needs none.
    bool const waiting = std::exchange(x.continue_expected, false) && link_->unread().empty();
    if (!waiting) co_return result<void>();
    auto const sent = co_await link_->write(continue_line, std::string_view());
    if (!sent) co_return client_closed_request();
    x.bytes_out += continue_line.size();
    co_return result<void>();
}

asio::awaitable<result<void>> session::receive_sized(transaction& x, upload& sink) {
    auto const whole = x.body_left;
    while (x.body_left > 0) {
        auto const left = static_cast<std::size_t>(x.body_left);
        if (link_->unread().empty()) {
            auto const waited = co_await wait_for_body(x, whole - x.body_left);
            if (!waited) co_return waited.error();
            auto const got = link_->read(std::min(left, sink.turn_bytes()));
            if (got.end == connection::read_end::closed) co_return client_closed_request();
            auto const fed = take_content(x, sink, got.bytes);
            if (!fed) co_return fed.error();
        } else {
            auto const bytes = link_->unread().substr(0, left);
            auto const fed = take_content(x, sink, bytes);
            link_->consume(bytes.size());
            if (!fed) co_return fed.error();
        }
    }
    co_return result<void>();
}

result<void> session::take_content(transaction& x, upload& sink, std::string_view bytes) {
    // If the sink throws, the start of the next request is unknown.
    x.stream_clear = false;
    auto const fed = sink.feed(bytes);
    x.body_left -= bytes.size();
    x.bytes_in += bytes.size();
    x.stream_clear = true;
    return fed;
}

asio::awaitable<result<void>> session::receive_chunked(transaction& x, upload& sink) {
    chunk_decoder decoder;
    auto const before = x.bytes_in;
    for (;;) {
        auto const fed = feed_chunks(x, sink, decoder);
        if (!fed) co_return fed.error();
        if (decoder.finished()) break;
        auto const waited = co_await wait_for_body(x, x.bytes_in - before);
        if (!waited) co_return waited.error();
        auto const got = link_->fill(std::min(chunked_read_bytes, sink.turn_bytes()));
        if (got == connection::read_end::closed) co_return client_closed_request();
    }
    x.stream_clear = true;
    co_return result<void>();
}

/// Everything that is unread, up to the body's end.
result<void> session::feed_chunks(transaction& x, upload& sink, chunk_decoder& decoder) {
    while (!link_->unread().empty() && !decoder.finished()) {
        auto const step = decoder.next(link_->unread());
        if (!step) return step.error();
        if (!step->content.empty()) {
            auto const fed = sink.feed(step->content);
            if (!fed) return fed;
        }
        x.bytes_in += step->consumed;
        link_->consume(step->consumed);
    }
    return sink.expect(decoder.announced());
}

/// The time at which `received` bytes are too few for the minimum rate.
steady_time session::slowest_arrival(std::uint64_t received) const {
    auto const& limit = context_->limit;
    if (limit.min_body_bytes_per_s == 0) return steady_time::max();
    auto const earned = std::chrono::milliseconds(received * 1000 / limit.min_body_bytes_per_s);
    return body_begin_ + std::max(limit.body_grace, earned);
}

asio::awaitable<result<void>> session::wait_for_body(transaction& x, std::uint64_t received) {
    auto const deadline = x.req().context.deadline;
    auto const until = std::min(deadline, slowest_arrival(received));
    auto end = connection::wait_end::timed_out;
    if (steady_clock::now() < until) {
        auto const waited = co_await link_->wait(connection::wait_type::wait_read, until);
        end = waited;
    }
    if (end == connection::wait_end::ready) co_return result<void>();
    if (end == connection::wait_end::closed) co_return client_closed_request();
    if (until < deadline)
        co_return error(errc::request_timeout, "the body arrives more slowly than the limit of " +
                                                   std::to_string(context_->limit.min_body_bytes_per_s) +
                                                   " bytes a second");
    if (x.has_own_deadline())
        co_return error(errc::deadline_exceeded, "the request's timeout_ms passed before its body had arrived");
    co_return error(errc::request_timeout, "the request did not arrive within the limit of " +
                                               std::to_string(context_->limit.request_timeout.count()) + " ms");
}

/// Reads and drops the rest of a refused body, so that the connection can be kept. False if it cannot.
asio::awaitable<bool> session::drop_body(transaction& x) {
    auto const deadline = steady_clock::now() + context_->limit.body_grace;
    while (x.body_left > 0) {
        auto const there = std::min<std::uint64_t>(x.body_left, link_->unread().size());
        link_->consume(static_cast<std::size_t>(there));
        x.body_left -= there;
        if (x.body_left == 0) break;
        auto const end = co_await link_->wait(connection::wait_type::wait_read, deadline);
        if (end != connection::wait_end::ready) co_return false;
        auto const got = link_->read(static_cast<std::size_t>(x.body_left));
        if (got.end == connection::read_end::closed) co_return false;
        x.body_left -= got.bytes.size();
    }
    co_return true;
}

}  // namespace sma::http
