// Resolver of host names for coroutines, with a limit of time.
#pragma once

#include "sma/fetch/image_fetcher.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sma::fetch {

/// The system's resolver blocks and cannot be stopped, so that it has threads of its own. A coroutine that has waited
/// long enough goes on without it. Those that ask for the same host meanwhile share one lookup, so that a name server
/// that does not answer for it keeps one thread. Belongs to the executor's thread; the destructor waits for lookups.
class host_resolver {
public:
    host_resolver(boost::asio::any_io_executor executor, host_lookup look_up, std::size_t threads)
        : executor_(std::move(executor)), look_up_(std::move(look_up)), threads_(threads) {}
    ~host_resolver() { threads_.join(); }

    /// At least one address. Errors: those of the lookup, image_not_fetched at the deadline.
    boost::asio::awaitable<result<std::vector<ip_address>>> resolve(std::string host, steady_time deadline);

private:
    struct lookup;

    /// The one under way, or a new one.
    std::shared_ptr<lookup> lookup_of(std::string const& host);
    void start(std::string const& host, std::weak_ptr<lookup> awaited);

    boost::asio::any_io_executor executor_;
    host_lookup look_up_;
    std::map<std::string, std::weak_ptr<lookup>> lookups_;
    boost::asio::thread_pool threads_;
};

}  // namespace sma::fetch
