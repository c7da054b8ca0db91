#include "listener.hpp"

#include "session.hpp"

#include "sma/core/logging.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace sma::http {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto pause_min = 20ms;
constexpr auto pause_max = 1000ms;
constexpr auto capacity_check = 250ms;
constexpr auto complaint_interval = 10s;
/// Connections accepted before the sessions have their turn.
constexpr int accept_turn = 64;

}  // namespace

listener::listener(std::shared_ptr<session_context> context, io_executor io, listening_socket socket)
    : context_(std::move(context)),
      descriptor_(io, socket.fd.release()),
      pause_(io),
      unlink_path_(std::move(socket.unlink_path)) {}

void listener::start() {
    auto const executor = descriptor_.get_executor();
    asio::co_spawn(executor, run(shared_from_this()), asio::detached);
}

void listener::close() noexcept {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    pause_.cancel();
    if (!unlink_path_.empty()) ::unlink(unlink_path_.c_str());
    unlink_path_.clear();
}

asio::awaitable<void> listener::run(std::shared_ptr<listener> self) {
    for (;;) {
        bool failed = false;
        try {
            co_await self->accept_all();
        } catch (std::exception const& e) {
            failed = true;
            log::error("a connection could not be accepted", {{"what", e.what()}});
        }
        if (!failed) co_return;
        co_await self->back_off();
    }
}

asio::awaitable<void> listener::accept_all() {
    while (descriptor_.is_open()) {
        auto const [failure] = co_await descriptor_.async_wait(asio::posix::descriptor_base::wait_read, as_result);
        if (failure) co_return;
        auto const end = accept_some();
        if (end == outcome::full) co_await wait_for_room();
        if (end == outcome::exhausted) co_await back_off();
    }
}

listener::outcome listener::accept_some() {
    for (int i = 0; i < accept_turn; ++i) {
        // An idle connection is only closed for a waiting one, and only the first round knows whether there is one.
        if (context_->connections.is_full()) return i == 0 ? outcome::full : outcome::accepted_all;
        std::string client;
        auto fd = accept_from(descriptor_.native_handle(), client);
        if (!fd && (errno == EAGAIN || errno == EWOULDBLOCK)) return outcome::accepted_all;
        if (!fd && is_exhaustion(errno)) {
            exhaustion_ = errno;
            return outcome::exhausted;
        }
        // Anything else is the trouble of that one connection.
        if (!fd) continue;
        pause_ms_ = 0ms;
        start_session(std::move(fd), std::move(client));
    }
    return outcome::accepted_all;
}

void listener::start_session(unique_fd fd, std::string client) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
    stream_socket socket(descriptor_.get_executor());
    boost::system::error_code failure;
    socket.assign(asio::generic::stream_protocol(family, 0), fd.get(), failure);
    if (failure) return;
    fd.release();
    socket.non_blocking(true, failure);
    log::debug("connection accepted", {{"client", client}, {"connections", context_->connections.size()}});
    session::start(context_, std::move(socket), std::move(client), family == AF_UNIX ? nullptr : context_->tls.get());
}

asio::awaitable<void> listener::wait_for_room() {
    context_->connections.make_room();
    auto& capacity_freed = context_->connections.capacity_freed();
    capacity_freed.expires_after(capacity_check);
    auto const [failure] = co_await capacity_freed.async_wait(as_result);
    boost::ignore_unused(failure);
}

/// Connections that come and go at the limit would fill the log.
void listener::complain() {
    auto const now = std::chrono::steady_clock::now();
    if (complained_at_ != steady_time::min() && now - complained_at_ < complaint_interval) return;
    complained_at_ = now;
    auto const reason = std::generic_category().message(exhaustion_);
    log::warn("cannot accept connections, retrying", {{"reason", reason}});
}

asio::awaitable<void> listener::back_off() {
    complain();
    context_->connections.make_room();
    pause_ms_ = std::clamp<std::chrono::milliseconds>(pause_ms_ * 2, pause_min, pause_max);
    pause_.expires_after(pause_ms_);
    auto const [failure] = co_await pause_.async_wait(as_result);
    boost::ignore_unused(failure);
}

}  // namespace sma::http
