#include "flights.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stop_token>
#include <utility>
#include <vector>

namespace sma::serving {

/// One that waits, in the list for as long as it does: also if its coroutine is destroyed meanwhile.
class flight::passenger {
public:
    passenger(flight& f, boost::asio::steady_timer& timer) : flight_(f), timer_(&timer) {
        flight_.waiting_.push_back(timer_);
    }
    ~passenger() { std::erase(flight_.waiting_, timer_); }
    passenger(passenger const&) = delete;
    passenger& operator=(passenger const&) = delete;

private:
    flight& flight_;
    boost::asio::steady_timer* timer_;
};

void flight::land() {
    landed_ = true;
    for (auto* timer : waiting_) timer->cancel();
}

boost::asio::awaitable<void> flight::wait(std::shared_ptr<flight> f, work_context context) {
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, context.deadline);
    passenger const seat(*f, timer);
    std::stop_callback const leave(context.cancelled, [&timer] { timer.cancel(); });
    constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
    if (!f->landed() && !context.is_cancelled()) {
        auto const [ended] = co_await timer.async_wait(token);
        (void)ended;
    }
}

std::shared_ptr<flight> flights::find(content_digest const& key) const {
    auto const found = in_air_.find(key);
    return found == in_air_.end() ? nullptr : found->second;
}

flights::lead::lead(std::shared_ptr<flights> all, content_digest const& key)
    : all_(std::move(all)), key_(key), flight_(std::make_shared<flight>()) {
    all_->in_air_.emplace(key_, flight_);
}

flights::lead::~lead() {
    if (!flight_) return;
    all_->in_air_.erase(key_);
    flight_->land();
}

}  // namespace sma::serving
