#include "grpc_acceptor.hpp"

#include "sma/core/await_tuple.hpp"
#include "sma/core/logging.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace sma::app {
namespace {

// Until another look for a connection that has closed, or for a descriptor that is free.
constexpr std::chrono::milliseconds pause_time{250};
constexpr std::chrono::seconds complaint_interval{10};
// Connections accepted before others have their turn.
constexpr int accept_turn = 64;

ino_t inode_of(int fd) {
    struct stat about {};
    return ::fstat(fd, &about) == 0 ? about.st_ino : 0;
}

}  // namespace

void lent_sockets::add(int fd) { all_.push_back({fd, inode_of(fd)}); }

std::size_t lent_sockets::count_open() {
    std::erase_if(all_, [](lent const& socket) { return inode_of(socket.fd) != socket.inode; });
    return all_.size();
}

grpc_acceptor::grpc_acceptor(boost::asio::io_context& io, http::listening_socket socket, std::size_t connections_max,
                             std::function<void(unique_fd)> take)
    : descriptor_(io, socket.fd.release()),
      unlink_path_(std::move(socket.unlink_path)),
      connections_max_(connections_max),
      take_(std::move(take)),
      pause_(io) {}

void grpc_acceptor::start() {
    auto const executor = descriptor_.get_executor();
    boost::asio::co_spawn(executor, run(shared_from_this()), boost::asio::detached);
}

void grpc_acceptor::close() noexcept {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    pause_.cancel();
    if (!unlink_path_.empty()) ::unlink(unlink_path_.c_str());
    unlink_path_.clear();
}

boost::asio::awaitable<void> grpc_acceptor::run(std::shared_ptr<grpc_acceptor> self) {
    while (self->descriptor_.is_open()) {
        auto const [failure] =
            co_await self->descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read, await_tuple);
        if (failure) co_return;
        auto end = outcome::exhausted;
        try {
            end = self->accept_some();
        } catch (std::exception const& e) {
            log::error("a connection could not be accepted", {{"what", e.what()}});
        }
        if (end != outcome::accepted_all) co_await self->pause(pause_time);
    }
}

bool grpc_acceptor::is_full() {
    return connections_.size() >= connections_max_ && connections_.count_open() >= connections_max_;
}

grpc_acceptor::outcome grpc_acceptor::accept_some() {
    for (int i = 0; i < accept_turn; ++i) {
        if (is_full()) return outcome::full;
        std::string client;
        auto fd = http::accept_from(descriptor_.native_handle(), client);
        if (!fd && (errno == EAGAIN || errno == EWOULDBLOCK)) return outcome::accepted_all;
        if (!fd && http::is_exhaustion(errno)) {
            complain(errno);
            return outcome::exhausted;
        }
        // Anything else is the trouble of that one connection.
        if (!fd) continue;
        log::debug("connection accepted", {{"client", client}, {"listener", "gRPC"}});
        connections_.add(fd.get());
        take_(std::move(fd));
    }
    return outcome::accepted_all;
}

boost::asio::awaitable<void> grpc_acceptor::pause(std::chrono::milliseconds time) {
    pause_.expires_after(time);
    auto const [cancelled] = co_await pause_.async_wait(await_tuple);
    (void)cancelled;
}

void grpc_acceptor::complain(int reason) {
    auto const now = std::chrono::steady_clock::now();
    if (complained_at_ != steady_time::min() && now - complained_at_ < complaint_interval) return;
    complained_at_ = now;
    log::warn("cannot accept connections, retrying", {{"reason", std::generic_category().message(reason)}});
}

}  // namespace sma::app
