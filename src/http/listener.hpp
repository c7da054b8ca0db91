// Listener: accepts connections and starts their sessions.
#pragma once

#include "session_context.hpp"
#include "sma/http/listening_socket.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace sma::http {

/// Owned by the server and by its own coroutine; I/O thread only. Accepts only while the server is not full. While the
/// system has no descriptor or memory for a connection it waits, longer each time, and logs that at intervals.
class listener : public std::enable_shared_from_this<listener> {
public:
    listener(std::shared_ptr<session_context> context, io_executor io, listening_socket socket);

    void start();
    void close() noexcept;

private:
    enum class outcome { accepted_all, full, exhausted };

    static boost::asio::awaitable<void> run(std::shared_ptr<listener> self);
    boost::asio::awaitable<void> accept_all();
    boost::asio::awaitable<void> wait_for_room();
    boost::asio::awaitable<void> back_off();
    void complain();
    outcome accept_some();
    void start_session(unique_fd fd, std::string client);

    std::shared_ptr<session_context> context_;
    boost::asio::posix::basic_stream_descriptor<io_executor> descriptor_;
    io_timer pause_;
    std::string unlink_path_;
    std::chrono::milliseconds pause_ms_{0};
    int exhaustion_ = 0;  ///< errno of the last accept that failed for lack of resources
    steady_time complained_at_ = steady_time::min();
};

}  // namespace sma::http
