// Gate that lets through as many requests at once as the current limit allows.
#pragma once

#include "concurrency_limit.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sma::batch {

/// Belongs to the I/O thread.
class request_gate {
public:
    request_gate(boost::asio::any_io_executor executor, int maximum)
        : limit_(maximum), changed_(executor, boost::asio::steady_timer::time_point::max()) {}

    /// Waits for its turn; false once closed, and then leave() is not to be called.
    boost::asio::awaitable<bool> enter();
    void leave();
    void close();

    void accepted();
    void refused(std::uint64_t begun_in_epoch) { limit_.refused(begun_in_epoch); }
    concurrency_limit const& limit() const noexcept { return limit_; }

private:
    concurrency_limit limit_;
    boost::asio::steady_timer changed_;  ///< never expires: cancelled to wake those who wait
    int inside_ = 0;
    bool closed_ = false;
};

}  // namespace sma::batch
