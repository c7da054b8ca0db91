// State of a ModelStreamInfer: its requests in flight, and the order of their answers.
#pragma once

#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/core/await_tuple.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <list>
#include <optional>
#include <string>
#include <utility>

namespace sma::api::inference_protocol {

/// Shared by the coroutines of a stream. I/O thread only.
class rpc_stream {
public:
    struct slot {
        std::string id;                    ///< the request's; empty is one like any other
        std::optional<rpc_answer> answer;  ///< once there is one
    };
    using place = std::list<slot>::iterator;

    explicit rpc_stream(boost::asio::io_context& io) : changed_(io, boost::asio::steady_timer::time_point::max()) {}

    place add(std::string id) { return slots_.insert(slots_.end(), slot{std::move(id), std::nullopt}); }
    void set_answer(place of, rpc_answer answer) {
        of->answer = std::move(answer);
        notify();
    }
    /// The oldest request that is answered and has no older one of the same ID before it; end() if there is none.
    place next() {
        for (auto it = slots_.begin(); it != slots_.end(); ++it) {
            auto const same = [&](slot const& s) { return s.id == it->id; };
            if (it->answer && std::find_if(slots_.begin(), it, same) == it) return it;
        }
        return slots_.end();
    }
    place end() { return slots_.end(); }
    void remove(place of) {
        slots_.erase(of);
        notify();
    }
    std::size_t size() const noexcept { return slots_.size(); }
    /// True when everything is answered and no more will be read.
    bool is_over(bool draining) const noexcept { return (read_all || draining) && slots_.empty(); }

    /// Wakes all who wait for a change.
    void notify() { changed_.cancel(); }
    boost::asio::awaitable<void> wait() {
        // The expiry stays as it is: setting it would wake the others.
        auto const [cancelled] = co_await changed_.async_wait(await_tuple);
        (void)cancelled;
    }

    bool read_all = false;  ///< no more requests will come
    bool closed = false;    ///< no more answers are written

private:
    std::list<slot> slots_;
    boost::asio::steady_timer changed_;
};

}  // namespace sma::api::inference_protocol
