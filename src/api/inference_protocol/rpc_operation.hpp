// Operation of an RPC transport, which a coroutine on the I/O thread waits for.
#pragma once

#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/core/await_tuple.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <utility>

namespace sma::api::inference_protocol {

/// One operation. I/O thread only; may be destroyed before the operation ends.
class rpc_operation {
public:
    explicit rpc_operation(boost::asio::io_context& io) : state_(std::make_shared<state>(io)) {}

    /// To be given to the transport. Once.
    std::unique_ptr<rpc_completion> completion() { return std::make_unique<notifier>(state_); }

    /// False if the operation has not ended by then; it may be waited for again.
    boost::asio::awaitable<bool> wait(steady_time until) {
        auto const kept = state_;
        if (!kept->ended) {
            kept->timer.expires_at(until);
            auto const [cancelled] = co_await kept->timer.async_wait(await_tuple);
            (void)cancelled;
        }
        co_return kept->ended;
    }
    /// Once it has ended.
    bool succeeded() const noexcept { return state_->succeeded; }

private:
    struct state {
        explicit state(boost::asio::io_context& c) : io(c), timer(c) {}

        boost::asio::io_context& io;
        boost::asio::steady_timer timer;
        bool ended = false;
        bool succeeded = false;
    };

    class notifier : public rpc_completion {
    public:
        explicit notifier(std::shared_ptr<state> s) : state_(std::move(s)) {}

        void complete(bool succeeded) override {
            boost::asio::post(state_->io, [s = state_, succeeded] {
                s->ended = true;
                s->succeeded = succeeded;
                s->timer.cancel();
            });
        }

    private:
        std::shared_ptr<state> state_;
    };

    std::shared_ptr<state> state_;
};

}  // namespace sma::api::inference_protocol
