#include "flights.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stop_token>
#include <utility>

namespace sma::serving {

void flight::land() {
    landed_ = true;
    for (auto* timer : waiting_) timer->cancel();
}

boost::asio::awaitable<void> flight::wait(std::shared_ptr<flight> f, work_context context) {
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, context.deadline);
    f->waiting_.push_back(&timer);
    std::stop_callback const leave(context.cancelled, [&timer] { timer.cancel(); });
    constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
    if (!f->landed() && !context.is_cancelled()) {
        auto const [ended] = co_await timer.async_wait(token);
        (void)ended;
    }
    std::erase(f->waiting_, &timer);
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
