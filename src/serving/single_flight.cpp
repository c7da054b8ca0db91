#include "single_flight.hpp"

#include "sma/core/await_tuple.hpp"

#include <boost/asio/this_coro.hpp>

#include <stop_token>
#include <utility>
#include <vector>

namespace sma::serving {

/// A waiting coroutine's entry in the flight's list, removed also if the coroutine is destroyed while it waits.
class flight::follower {
public:
    follower(flight& f, boost::asio::steady_timer& timer) : flight_(f), timer_(&timer) {
        flight_.waiting_.push_back(timer_);
    }
    ~follower() { std::erase(flight_.waiting_, timer_); }
    follower(follower const&) = delete;
    follower& operator=(follower const&) = delete;

private:
    flight& flight_;
    boost::asio::steady_timer* timer_;
};

void flight::finish() {
    done_ = true;
    for (auto* timer : waiting_) timer->cancel();
}

boost::asio::awaitable<void> flight::wait(std::shared_ptr<flight> f, request_context context) {
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, context.deadline);
    follower const seat(*f, timer);
    std::stop_callback const leave(context.cancelled, [&timer] { timer.cancel(); });
    if (!f->is_done() && !context.is_cancelled()) {
        auto const [ended] = co_await timer.async_wait(await_tuple);
        (void)ended;
    }
}

std::shared_ptr<flight> single_flight::find(content_digest const& key) const {
    auto const found = in_air_.find(key);
    return found == in_air_.end() ? nullptr : found->second;
}

single_flight::leader::leader(std::shared_ptr<single_flight> all, content_digest const& key)
    : all_(std::move(all)), key_(key), flight_(std::make_shared<flight>()) {
    all_->in_air_.emplace(key_, flight_);
}

single_flight::leader::~leader() {
    if (!flight_) return;
    all_->in_air_.erase(key_);
    flight_->finish();
}

}  // namespace sma::serving
