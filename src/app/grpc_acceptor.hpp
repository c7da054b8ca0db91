// Acceptor of connections for gRPC, whose own gives up for good when the process runs out of descriptors.
#pragma once

#include "sma/core/request_context.hpp"
#include "sma/core/unique_fd.hpp"
#include "sma/http/listening_socket.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sma::app {

/// Sockets that somebody else closes: told by the inode behind the descriptor. I/O thread.
class lent_sockets {
public:
    void add(int fd);
    /// Those that are still open, of all that were added.
    std::size_t count_open();
    /// At least as many.
    std::size_t size() const noexcept { return all_.size(); }

private:
    struct lent {
        int fd;
        ino_t inode;
    };

    std::vector<lent> all_;
};

/// Owned by its coroutine and the listener; I/O thread. At `connections_max` new connections wait to be accepted.
class grpc_acceptor : public std::enable_shared_from_this<grpc_acceptor> {
public:
    /// `take` receives each connection, which it closes at some time.
    grpc_acceptor(boost::asio::io_context& io, http::listening_socket socket, std::size_t connections_max,
                  std::function<void(unique_fd)> take);

    void start();
    /// No more connections; `take` is not called again.
    void close() noexcept;

private:
    enum class outcome { accepted_all, full, exhausted };

    static boost::asio::awaitable<void> run(std::shared_ptr<grpc_acceptor> self);
    outcome accept_some();
    bool is_full();
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);
    void complain(int reason);

    boost::asio::posix::stream_descriptor descriptor_;
    std::string unlink_path_;
    std::size_t const connections_max_;
    std::function<void(unique_fd)> const take_;
    boost::asio::steady_timer pause_;
    lent_sockets connections_;
    steady_time complained_at_ = steady_time::min();
};

}  // namespace sma::app
