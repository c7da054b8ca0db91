#include "request_gate.hpp"

#include "sma/core/await_tuple.hpp"

namespace sma::batch {

boost::asio::awaitable<bool> request_gate::enter() {
    while (!closed_ && inside_ >= limit_.current()) {
        [[maybe_unused]] auto const [ignored] = co_await changed_.async_wait(await_tuple);
    }
    if (closed_) co_return false;
    ++inside_;
    co_return true;
}

void request_gate::leave() {
    --inside_;
    changed_.cancel_one();
}

void request_gate::close() {
    closed_ = true;
    changed_.cancel();
}

void request_gate::accepted() {
    auto const before = limit_.current();
    limit_.accepted();
    if (limit_.current() > before) changed_.cancel_one();
}

}  // namespace sma::batch
