// Resolver of host names for coroutines, with a limit of time.
#pragma once

#include "sma/fetch/image_fetcher.hpp"

#include <boost/asio/thread_pool.hpp>

namespace sma::fetch {

/// The system's resolver blocks and cannot be stopped, so that it has threads of its own. A coroutine that has waited
/// long enough goes on without it. Belongs to the executor's thread; the destructor waits for lookups.
class host_resolver {
public:
    host_resolver(boost::asio::any_io_executor executor, host_lookup look_up)
        : executor_(std::move(executor)), look_up_(std::move(look_up)), threads_(thread_count) {}
    ~host_resolver() { threads_.join(); }

    /// At least one address. Errors: those of the lookup, image_not_fetched at the deadline.
    boost::asio::awaitable<result<std::vector<ip_address>>> resolve(std::string host, steady_time deadline);

private:
    static constexpr std::size_t thread_count = 2;

    boost::asio::any_io_executor executor_;
    host_lookup look_up_;
    boost::asio::thread_pool threads_;
};

}  // namespace sma::fetch
