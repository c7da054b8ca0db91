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

namespace sma::fetch {
namespace {

namespace asio = boost::asio;

/// Shared by the coroutine that waits and the thread that looks up, of which either may be done first.
struct lookup {
    explicit lookup(asio::any_io_executor const& e) : done(e) {}
    asio::steady_timer done;
    std::optional<result<std::vector<ip_address>>> found;
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

asio::awaitable<result<std::vector<ip_address>>> host_resolver::resolve(std::string host, steady_time deadline) {
    if (auto const literal = ip_address::parse(host)) co_return std::vector<ip_address>{*literal};
    auto const shared = std::make_shared<lookup>(executor_);
    shared->done.expires_at(deadline);
    std::function<void()> work = [shared, host, this] {
        auto found = look_up_(host);
        std::function<void()> tell = [shared, found = std::move(found)]() mutable {
            shared->found.emplace(std::move(found));
            shared->done.cancel();
        };
        asio::post(executor_, std::move(tell));
    };
    asio::post(threads_, std::move(work));
    auto const [ended] = co_await shared->done.async_wait(asio::as_tuple(asio::use_awaitable));
    static_cast<void>(ended);
    if (!shared->found) co_return unknown_host("it takes too long");
    if (*shared->found && (*shared->found)->empty()) co_return unknown_host("it has no address");
    co_return std::move(*shared->found);
}

}  // namespace sma::fetch
