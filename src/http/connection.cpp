#include "connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sma::http {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kept_capacity = 512;  ///< bytes of buffer that an idle connection may keep

bool would_block(error_code const& failure) noexcept {
    return failure == asio::error::would_block || failure == asio::error::try_again ||
           failure == asio::error::interrupted;
}

}  // namespace

connection::connection(std::shared_ptr<session_context> context, stream_socket socket, std::string client)
    : context_(std::move(context)),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      client_(std::move(client)) {}

asio::awaitable<connection::wait_end> connection::wait(wait_type what, steady_time deadline) {
    if (!socket_.is_open()) co_return wait_end::closed;
    if (tls_ && what == wait_type::wait_read && tls_->pending() > 0) co_return wait_end::ready;
    arm(deadline);
    auto const [failure] = co_await socket_.async_wait(what, as_result);
    deadline_ = steady_time::max();
    if (!failure) co_return wait_end::ready;
    co_return expired_ ? wait_end::timed_out : wait_end::closed;
}

void connection::interrupt() noexcept {
    error_code ignored;
    socket_.cancel(ignored);
}

void connection::arm(steady_time deadline) {
    deadline_ = deadline;
    expired_ = false;
    if (!timer_set_ || deadline < timer_.expiry()) set_timer(deadline);
}

void connection::set_timer(steady_time deadline) {
    timer_.expires_at(deadline);
    timer_set_ = true;
    timer_.async_wait([weak = weak_from_this()](error_code failure) {
        if (failure) return;
        if (auto const self = weak.lock()) self->on_timer();
    });
}

void connection::on_timer() {
    timer_set_ = false;
    if (deadline_ == steady_time::max() || !socket_.is_open()) return;
    if (std::chrono::steady_clock::now() < deadline_) return set_timer(deadline_);
    expired_ = true;
    interrupt();
}

void connection::consume(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ < input_.size()) return;
    input_.clear();
    begin_ = 0;
}

tls_stream::transfer connection::read_some(std::span<char> into) noexcept {
    if (tls_) return tls_->read(into);
    error_code failure;
    auto const size = socket_.read_some(asio::buffer(into.data(), into.size()), failure);
    if (would_block(failure)) return {read_end::none, 0};
    half_closed_ = failure == asio::error::eof && context_->limit.allow_half_close;
    if (failure || size == 0) return {read_end::closed, 0};
    return {read_end::some, size};
}

connection::piece connection::read(std::size_t most) {
    auto const memory = context_->scratch();
    auto const got = read_some(memory.first(std::min(most, memory.size())));
    if (got.end == read_end::closed && !half_closed_) peer_gone_ = true;
    return {got.end, std::string_view(memory.data(), got.bytes)};
}

connection::read_end connection::fill(std::size_t most) {
    auto const there = input_.size() - begin_;
    if (there >= most) return read_end::none;
    auto const got = read(most - there);
    if (got.end != read_end::some) return got.end;
    input_.erase(0, std::exchange(begin_, 0));
    input_.append(got.bytes);
    return read_end::some;
}

void connection::release_memory() noexcept {
    if (input_.capacity() > kept_capacity) std::string().swap(input_);
}

std::size_t connection::write_secured(std::string_view head, std::string_view body, bool& failed) noexcept {
    std::size_t sent = 0;
    while (!head.empty() || !body.empty()) {
        auto const went = tls_->write(head, body);
        failed = went.end == read_end::closed;
        if (went.end != read_end::some) break;
        sent += went.bytes;
        auto const of_head = std::min(went.bytes, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(went.bytes - of_head);
    }
    return sent;
}

std::size_t connection::write_now(std::string_view head, std::string_view body, bool& failed) {
    if (tls_) return write_secured(head, body, failed);
    std::array<asio::const_buffer, 2> const buffers{asio::const_buffer(head.data(), head.size()),
                                                    asio::const_buffer(body.data(), body.size())};
    error_code failure;
    auto const size = socket_.write_some(buffers, failure);
    failed = failure && !would_block(failure);
    return size;
}

asio::awaitable<bool> connection::write(std::string_view head, std::string_view body) {
    bool failed = false;
    auto sent = write_now(head, body, failed);
    if (failed || sent == head.size() + body.size()) co_return !failed;
    std::string const rest(head.substr(std::min(sent, head.size())));
    body.remove_prefix(sent - std::min(sent, head.size()));
    head = rest;
    while (!head.empty() || !body.empty()) {
        auto const deadline = std::chrono::steady_clock::now() + context_->limit.write_timeout;
        auto const end = co_await wait(wait_type::wait_write, deadline);
        if (end != wait_end::ready) co_return false;
        sent = write_now(head, body, failed);
        if (failed) co_return false;
        auto const of_head = std::min(sent, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(sent - of_head);
    }
    co_return true;
}

void connection::watch(std::stop_source on_gone, std::size_t most) {
    on_gone_ = std::move(on_gone);
    watch_bytes_max_ = most;
    asio::post(socket_.get_executor(), [weak = weak_from_this(), turn = turn_] {
        auto const self = weak.lock();
        if (self && turn == self->turn_) self->watch_again(turn);
    });
}

void connection::unwatch() noexcept {
    ++turn_;
    on_gone_ = std::stop_source(std::nostopstate);
    if (std::exchange(watch_pending_, false)) interrupt();
}

void connection::watch_again(std::uint64_t turn) {
    if (!socket_.is_open()) return;
    // A full buffer is left to the kernel's flow control; a reset still shows.
    watch_pending_ = true;
    socket_.async_wait(reads_no_more() ? wait_type::wait_error : wait_type::wait_read,
                       [weak = weak_from_this(), turn](error_code failure) {
                           auto const self = weak.lock();
                           if (self && turn == self->turn_) self->on_watch(failure, turn);
                       });
}

void connection::on_watch(error_code failure, std::uint64_t turn) {
    watch_pending_ = false;
    if (failure) return;
    if (reads_no_more()) {
        // Urgent data also ends a wait for errors; waiting again would end at once, for ever.
        if (!is_hung_up()) return;
    } else if (fill(watch_bytes_max_) != read_end::closed || half_closed_) {
        return watch_again(turn);
    }
    peer_gone_ = true;
    // Last, because it may resume the session here and now.
    auto source = on_gone_;
    source.request_stop();
}

bool connection::is_hung_up() noexcept {
    bool const half_is_enough = !context_->limit.allow_half_close || tls_;
    pollfd state{socket_.native_handle(), static_cast<short>(half_is_enough ? POLLRDHUP : 0), 0};
    // POLLERR and POLLHUP come unasked.
    return ::poll(&state, 1, 0) > 0 && state.revents != 0;
}

void connection::shut_down_sending() noexcept {
    if (tls_) tls_->close_notify();
    error_code ignored;
    socket_.shutdown(stream_socket::shutdown_send, ignored);
}

void connection::close() noexcept {
    if (tls_ && socket_.is_open()) tls_->close_notify();
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    timer_set_ = false;
}

void connection::abort() noexcept {
    peer_gone_ = true;
    close();
    auto source = on_gone_;
    source.request_stop();
}

}  // namespace sma::http
