#include "host_resolver.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netdb.h>
#include <resolv.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <utility>

namespace sma::fetch {
namespace {

namespace asio = boost::asio;

/// Wakes a coroutine that waits, while it does.
class listed_timer {
public:
    listed_timer(std::vector<asio::steady_timer*>& all, asio::steady_timer& timer) : all_(all), timer_(&timer) {
        all_.push_back(timer_);
    }
    ~listed_timer() { std::erase(all_, timer_); }
    listed_timer(listed_timer const&) = delete;
    listed_timer& operator=(listed_timer const&) = delete;

private:
    std::vector<asio::steady_timer*>& all_;
    asio::steady_timer* timer_;
};

error unknown_host(std::string_view why) {
    return error(errc::image_not_fetched, "the name of the image's host cannot be resolved: " + std::string(why));
}

/// So that a lookup nobody waits for any more ends within seconds.
void ask_only_once() {
    constexpr int seconds = 2;
    if (::res_init() != 0) return;
    _res.retrans = seconds;
    _res.retry = 1;
}

std::optional<ip_address> address_of(addrinfo const& a) {
    char text[NI_MAXHOST];
    if (::getnameinfo(a.ai_addr, a.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return std::nullopt;
    return ip_address::parse(text);
}

}  // namespace

result<std::vector<ip_address>> look_up_host(std::string const& host) {
    thread_local bool const ready = (ask_only_once(), true);
    static_cast<void>(ready);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    int const failed = ::getaddrinfo(host.c_str(), nullptr, &wanted, &list);
    if (failed != 0) return unknown_host(::gai_strerror(failed));
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owner(list, &::freeaddrinfo);
    std::vector<ip_address> addresses;
    for (auto const* a = list; a != nullptr; a = a->ai_next) {
        auto const address = address_of(*a);
        if (!address) return unknown_host("it has an address that this machine cannot use");
        addresses.push_back(*address);
    }
    return addresses;
}

/// Held by those who wait for it, and by the thread that looks up; its content belongs to the executor's thread.
struct host_resolver::lookup {
    std::optional<result<std::vector<ip_address>>> found;
    std::vector<asio::steady_timer*> waiting;
};

asio::awaitable<result<std::vector<ip_address>>> host_resolver::resolve(std::string host, steady_time deadline) {
    if (auto const literal = ip_address::parse(host)) co_return std::vector<ip_address>{*literal};
    auto const shared = lookup_of(host);
    asio::steady_timer until(executor_, deadline);
    listed_timer const waiting(shared->waiting, until);
    auto const [ended] = co_await until.async_wait(asio::as_tuple(asio::use_awaitable));
    static_cast<void>(ended);
    if (!shared->found) co_return unknown_host("it takes too long");
    if (*shared->found && (*shared->found)->empty()) co_return unknown_host("it has no address");
    co_return *shared->found;
}

std::shared_ptr<host_resolver::lookup> host_resolver::lookup_of(std::string const& host) {
    std::erase_if(lookups_, [](auto const& entry) { return entry.second.expired(); });
    auto& entry = lookups_[host];
    if (auto const known = entry.lock(); known && !known->found) return known;
    auto const made = std::make_shared<lookup>();
    entry = made;
    start(host, made);
    return made;
}

void host_resolver::start(std::string const& host, std::weak_ptr<lookup> awaited) {
    asio::post(threads_, [this, host, awaited = std::move(awaited)] {
        auto const shared = awaited.lock();
        if (!shared) return;  // nobody waits for it any more
        asio::post(executor_, [shared, found = look_up_(host)]() mutable {
            shared->found.emplace(std::move(found));
            for (auto* const timer : shared->waiting) timer->cancel();
        });
    });
}

}  // namespace sma::fetch
