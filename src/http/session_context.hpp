// Session context: the state that all sessions of a server share. Each session co-owns it with the server, so that it
// outlives them all.
#pragma once

#include "access_control.hpp"

#include "sma/http/client_address.hpp"
#include "sma/http/cors.hpp"
#include "sma/http/router.hpp"
#include "sma/http/server.hpp"
#include "sma/http/tls_context.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>

#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sma::http {

using io_executor = boost::asio::io_context::executor_type;
using io_timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                   boost::asio::wait_traits<std::chrono::steady_clock>, io_executor>;

namespace intrusive = boost::intrusive;
template <class Tag>
using list_hook = intrusive::list_base_hook<intrusive::tag<Tag>, intrusive::link_mode<intrusive::auto_unlink>>;
using open_hook = list_hook<struct open_tag>;
using idle_hook = list_hook<struct idle_tag>;

/// Base of a session for the registry. I/O thread only.
class registered_session : public open_hook, public idle_hook, public std::enable_shared_from_this<registered_session> {
public:
    virtual ~registered_session() = default;
    /// Ends the session if it is between two requests and no byte of the next has arrived.
    virtual void leave_if_idle() = 0;
    /// Closes the socket and asks a running handler to stop.
    virtual void abort() = 0;

    steady_time idle_since{};
};

/// Registry, limits, counters and scratch memory. I/O thread only. The metrics are not owned, and may be shared with
/// other servers: detach() ends their use.
class session_context {
public:
    session_context(io_executor io, router const& r, limits const& l, metrics& m);

    limits const limit;
    router const routes;
    cors_policy const cors;
    trusted_proxies const proxies;
    access_control gate;
    std::shared_ptr<tls_context const> tls;  ///< for new connections on TCP; none: plain HTTP
    bool draining = false;
    bool aborted = false;

    /// Scratch memory of whichever coroutine runs; valid until its next suspension.
    std::span<char> scratch() noexcept { return {scratch_.get(), scratch_bytes}; }
    std::string& output() noexcept { return output_; }
    /// The value of the Date header, made once a second.
    std::string_view date();

    void enter(registered_session& s);
    void leave(registered_session& s) noexcept;
    void begin_idle(registered_session& s, steady_time now);
    void end_idle(registered_session& s) noexcept { s.idle_hook::unlink(); }
    std::size_t connections() const noexcept { return connections_; }
    bool is_full() const noexcept { return connections_ >= limit.max_connections; }
    /// Asks the session that has been idle for longest to leave, if it has been idle for idle_evictable_after.
    void make_room();
    /// The timer that a listener waits on for a session to leave; it also expires after a quarter of a second.
    io_timer& capacity_freed() noexcept { return capacity_freed_; }

    void begin_request() noexcept;
    void end_request() noexcept;
    std::size_t requests_in_flight() const noexcept { return requests_in_flight_; }
    void count_request(std::string_view method, std::string_view path_template, unsigned status, double seconds);
    void count_rejection(std::string_view reason);
    void count_handshake_failure(std::string_view reason);

    /// Accounts for bytes of bodies in memory; false if that would exceed the limit.
    bool hold(std::size_t bytes) noexcept;
    void release(std::size_t bytes) noexcept;
    bool could_hold(std::uint64_t bytes) const noexcept;
    std::size_t bytes_held() const noexcept { return held_bytes_; }
    /// The total of all bytes ever accounted for.
    std::uint64_t bytes_taken() const noexcept { return taken_bytes_; }

    void drain();
    void abort();
    /// To be called before the metrics are destroyed.
    void detach() noexcept { metrics_ = nullptr; }

private:
    static constexpr std::size_t scratch_bytes = 64 * 1024;

    std::unique_ptr<char[]> scratch_;
    std::string output_;
    std::string date_;
    std::time_t date_second_ = -1;
    metrics* metrics_;
    io_timer capacity_freed_;
    intrusive::list<registered_session, intrusive::base_hook<open_hook>, intrusive::constant_time_size<false>> open_;
    intrusive::list<registered_session, intrusive::base_hook<idle_hook>, intrusive::constant_time_size<false>> idle_;
    std::size_t connections_ = 0;
    std::size_t requests_in_flight_ = 0;
    std::size_t held_bytes_ = 0;
    std::uint64_t taken_bytes_ = 0;
};

/// Bytes of one request's body that are accounted for, until it is destroyed or cleared.
class held_bytes {
public:
    explicit held_bytes(session_context& context) noexcept : context_(context) {}
    ~held_bytes() { clear(); }
    held_bytes(held_bytes const&) = delete;
    held_bytes& operator=(held_bytes const&) = delete;

    bool add(std::size_t bytes) noexcept;
    void clear() noexcept;

private:
    session_context& context_;
    std::size_t bytes_ = 0;
};

}  // namespace sma::http
