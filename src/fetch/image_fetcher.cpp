#include "sma/fetch/image_fetcher.hpp"

#include "allowed_hosts.hpp"
#include "host_resolver.hpp"
#include "image_request.hpp"
#include "image_url.hpp"
#include "public_address.hpp"
#include "sma/tracing/request_trace.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace sma::fetch {
namespace {

namespace asio = boost::asio;

constexpr int redirects_max = 3;
constexpr std::size_t at_once = 4;  // of one request
// At a time. Name servers that do not answer must not keep the others waiting, and a thread that waits costs little.
constexpr std::size_t lookups_max = 16;

/// One of the connections that may be there at a time, given back at its end.
class connection_place {
public:
    explicit connection_place(std::size_t& taken) noexcept : taken_(taken) { ++taken_; }
    ~connection_place() { --taken_; }
    connection_place(connection_place const&) = delete;
    connection_place& operator=(connection_place const&) = delete;

private:
    std::size_t& taken_;
};

}  // namespace

class image_fetcher::impl {
public:
    impl(asio::any_io_executor executor, fetch_options options)
        : executor_(executor),
          options_(std::move(options)),
          resolver_(executor, options_.look_up, std::min(options_.connections_max, lookups_max)) {}

    asio::awaitable<std::vector<result<std::string>>> fetch_all(request_context context,
                                                                std::vector<std::string> urls) {
        if (urls.empty()) co_return std::vector<result<std::string>>();
        tracing::traced_stage const fetching(context.trace, "fetch");
        group work(executor_, std::move(context), std::move(urls));
        auto const workers = std::min(at_once, work.urls.size());
        for (std::size_t i = 0; i < workers; ++i) asio::co_spawn(executor_, take_turns(work), asio::detached);
        while (work.left > 0) {  // what is refused at once has ended by now
            auto const [ended] = co_await work.all_done.async_wait(asio::as_tuple(asio::use_awaitable));
            static_cast<void>(ended);
        }
        co_return std::move(work.results);
    }

    asio::awaitable<result<std::string>> fetch(request_context context, std::string text) {
        if (taken_ >= options_.connections_max)
            co_return error(errc::queue_full, "too many images are being fetched by their URL", 1);
        connection_place const place(taken_);
        auto const own_deadline = std::chrono::steady_clock::now() + options_.timeout;
        bool const is_own = own_deadline < context.deadline;
        if (is_own) context.deadline = own_deadline;
        auto fetched = co_await follow(context, text);
        bool const expired = !fetched && context.is_expired(std::chrono::steady_clock::now());
        if (expired && !is_own)
            co_return error(errc::deadline_exceeded, "the deadline passed while an image was fetched");
        co_return fetched;
    }

private:
    /// The URLs of one request.
    struct group {
        group(asio::any_io_executor const& e, request_context c, std::vector<std::string> u)
            : context(std::move(c)),
              urls(std::move(u)),
              results(urls.size(), error()),
              all_done(e, steady_time::max()),
              left(urls.size()) {}

        request_context const context;
        std::vector<std::string> const urls;
        std::vector<result<std::string>> results;
        asio::steady_timer all_done;
        std::size_t next = 0;
        std::size_t left;
    };

    asio::awaitable<void> take_turns(group& work) {
        while (work.next < work.urls.size()) {
            auto const index = work.next++;
            auto fetched = co_await fetch_one(work.context, work.urls[index]);
            work.results[index] = std::move(fetched);
            if (--work.left == 0) work.all_done.cancel();
        }
    }

    // A bug in one must not leave the others waiting.
    asio::awaitable<result<std::string>> fetch_one(request_context context, std::string url) {
        try {
            auto fetched = co_await fetch(std::move(context), std::move(url));
            co_return fetched;
        } catch (std::exception const& e) {
            co_return error(errc::internal_error, std::string("fetching an image failed: ") + e.what());
        }
    }

    asio::awaitable<result<std::string>> follow(request_context const& context, std::string const& text) {
        auto url = parse_image_url(text);
        if (!url) co_return url.error();
        if (auto const allowed = check(*url); !allowed) co_return allowed.error();
        for (int redirects = 0; redirects <= redirects_max; ++redirects) {
            auto reply = co_await ask(*url, context);
            if (!reply) co_return reply.error();
            if (!reply->location) co_return std::move(reply->body);
            url = redirected(*url, *reply->location);
            if (!url) co_return url.error();
            if (auto const allowed = check(*url); !allowed)
                co_return error(errc::image_not_fetched, "the image's host redirects: " + allowed.error().message);
        }
        co_return error(errc::image_not_fetched,
                        "the image's host redirects more than " + std::to_string(redirects_max) + " times");
    }

    asio::awaitable<result<image_reply>> ask(image_url const& url, request_context const& context) {
        auto const addresses = co_await resolver_.resolve(url.host, context.deadline);
        if (!addresses) co_return addresses.error();
        if (!std::all_of(addresses->begin(), addresses->end(), [this](auto const& a) { return may_connect(a); }))
            co_return error(errc::image_not_fetched,
                            "the image's host has an address that is not public (url_allowed_networks)");
        image_request request(executor_, *options_.tls, options_.image_bytes_max);
        auto reply = co_await request.run(url, *addresses, context);
        co_return reply;
    }

    result<void> check(image_url const& url) const {
        if (!url.secure && !options_.allow_http)
            return error(errc::validation_error, "images are fetched from https URLs only (url_allow_http)");
        if (!is_allowed_host(options_.hosts, url))
            return error(errc::validation_error, "images are not fetched from this host (url_allowed_hosts)");
        return {};
    }

    bool may_connect(ip_address const& a) const {
        return is_public(a) || std::any_of(options_.networks.begin(), options_.networks.end(),
                                           [&a](ip_network const& n) { return n.contains(a); });
    }

    asio::any_io_executor executor_;
    fetch_options const options_;
    host_resolver resolver_;
    std::size_t taken_ = 0;
};

image_fetcher::image_fetcher(asio::any_io_executor executor, fetch_options options)
    : impl_(std::make_unique<impl>(std::move(executor), std::move(options))) {}

image_fetcher::~image_fetcher() = default;

asio::awaitable<std::vector<result<std::string>>> image_fetcher::fetch_all(request_context context,
                                                                           std::vector<std::string> urls) {
    return impl_->fetch_all(std::move(context), std::move(urls));
}

asio::awaitable<result<std::string>> image_fetcher::fetch(request_context context, std::string url) {
    return impl_->fetch(std::move(context), std::move(url));
}

}  // namespace sma::fetch
