// Open connections of a server: their number, which are idle, and who waits for one to close.
#pragma once

#include "server_metrics.hpp"
#include "sma/core/request_context.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace sma::http {

using io_executor = boost::asio::io_context::executor_type;
using io_timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                   boost::asio::wait_traits<std::chrono::steady_clock>, io_executor>;

namespace intrusive = boost::intrusive;
template <class Tag>
using list_hook = intrusive::list_base_hook<intrusive::tag<Tag>, intrusive::link_mode<intrusive::auto_unlink>>;
using open_hook = list_hook<struct open_tag>;
using idle_hook = list_hook<struct idle_tag>;

/// A session as the registry sees it. I/O thread only.
class registered_session : public open_hook, public idle_hook, public std::enable_shared_from_this<registered_session> {
public:
    virtual ~registered_session() = default;
    /// Ends the session if it is between two requests and no byte of the next has come.
    virtual void leave_if_idle() = 0;
    /// Closes the socket and asks a running handler to stop.
    virtual void abort() = 0;

    steady_time idle_since{};
};

/// I/O thread only.
class connection_registry {
public:
    /// At `connections_max`, a session that has been idle for `evictable_after` makes room for a new one.
    connection_registry(io_executor io, std::size_t connections_max, std::chrono::milliseconds evictable_after,
                        server_metrics& m)
        : connections_max_(connections_max), evictable_after_(evictable_after), metrics_(m), capacity_freed_(io) {}

    void enter(registered_session& s);
    void leave(registered_session& s) noexcept;
    void begin_idle(registered_session& s, steady_time now);
    void end_idle(registered_session& s) noexcept { s.idle_hook::unlink(); }
    std::size_t size() const noexcept { return size_; }
    bool is_full() const noexcept { return size_ >= connections_max_; }
    /// Asks the session that has been idle for longest to leave, if that is long enough.
    void make_room();
    /// A listener that must wait for a session to leave waits on this timer, which leave() cancels.
    io_timer& capacity_freed() noexcept { return capacity_freed_; }

    /// Asks all idle sessions to leave.
    void end_idle_sessions();
    void abort_all();

private:
    std::size_t const connections_max_;
    std::chrono::milliseconds const evictable_after_;
    server_metrics& metrics_;
    io_timer capacity_freed_;
    intrusive::list<registered_session, intrusive::base_hook<open_hook>, intrusive::constant_time_size<false>> open_;
    intrusive::list<registered_session, intrusive::base_hook<idle_hook>, intrusive::constant_time_size<false>> idle_;
    std::size_t size_ = 0;
};

}  // namespace sma::http
