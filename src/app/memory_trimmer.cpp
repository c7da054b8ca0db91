#include "memory_trimmer.hpp"

#include "sma/core/await_tuple.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>

namespace sma::app {
namespace {

constexpr std::chrono::seconds idle_time{1};

}  // namespace

memory_trimmer::memory_trimmer(boost::asio::io_context& io, http::server const& server, serving::model_manager& models)
    : io_(io), server_(server), models_(models), timer_(io) {}

void memory_trimmer::start() { boost::asio::co_spawn(io_, watch(), boost::asio::detached); }

void memory_trimmer::stop() {
    over_ = true;
    timer_.cancel();
}

boost::asio::awaitable<void> memory_trimmer::watch() {
    std::uint64_t seen = 0;
    bool used = false;
    while (!over_) {
        timer_.expires_after(idle_time);
        auto const [failure] = co_await timer_.async_wait(await_tuple);
        if (failure) co_return;
        auto const now = server_.body_bytes_taken();
        if (now != seen) {
            seen = now;
            used = true;
        } else if (used && server_.body_bytes_in_flight() == 0) {
            used = false;
            models_.return_freed_memory();
        }
    }
}

}  // namespace sma::app
