// Tests of fetching: what is refused before anything is connected to, and hosts that misbehave.
#include "sma/fetch/image_fetcher.hpp"
#include "image_host.hpp"

#include <boost/asio/ssl/context.hpp>

#include "catch_result.hpp"

#include <future>
#include <list>
#include <optional>

using namespace sma;
using namespace sma::fetch;
using namespace sma::fetch::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct fetching {
    fetching() {
        options.hosts = {"photos.test:" + std::to_string(host.port())};
        options.networks = {ip_network::parse("127.0.0.0/8").value()};
        options.allow_http = true;
        options.image_bytes_max = 1'000'000;
        options.timeout = std::chrono::seconds(60);
        options.tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
        options.look_up = [this](std::string const& name) { return look_up(name); };
    }

    result<std::vector<ip_address>> look_up(std::string const& name) {
        ++lookups;
        if (!addresses.contains(name)) return error(errc::image_not_fetched, "unknown");
        return addresses.at(name);
    }

    result<std::string> fetch(std::string url, request_context context = {}) {
        if (!fetcher) fetcher.emplace(io.get_executor(), options);
        std::optional<result<std::string>> fetched;
        auto const ended = [&](std::exception_ptr thrown, result<std::string> r) {
            if (thrown) std::rethrow_exception(thrown);
            fetched.emplace(std::move(r));
        };
        asio::co_spawn(io, fetcher->fetch(std::move(context), std::move(url)), ended);
        io.restart();
        while (!fetched) io.run_one();
        return std::move(*fetched);
    }
    /// The outcomes are there once they have come.
    std::vector<result<std::string>>& start(std::vector<std::string> urls, request_context context = {}) {
        if (!fetcher) fetcher.emplace(io.get_executor(), options);
        auto& all = started.emplace_back();
        asio::co_spawn(io, fetcher->fetch_all(std::move(context), std::move(urls)),
                       [&all](std::exception_ptr, std::vector<result<std::string>> r) { all = std::move(r); });
        return all;
    }
    void run_until_there(std::vector<result<std::string>> const& outcomes) {
        io.restart();
        while (outcomes.empty()) io.run_one();
    }
    std::string refusal(std::string url) {
        auto const fetched = fetch(std::move(url));
        REQUIRE_FALSE(fetched);
        return std::string(error_name(fetched.error().code)) + ": " + fetched.error().message;
    }

    asio::io_context io;
    image_host host{io};
    fetch_options options;
    std::map<std::string, std::vector<ip_address>> addresses{{"photos.test", {ip_address::parse("127.0.0.1").value()}}};
    std::atomic<int> lookups{0};
    std::list<std::vector<result<std::string>>> started;
    std::optional<image_fetcher> fetcher;
};

/// Name servers that do not answer for names with "hangs" in them, until this is released or destroyed.
class hanging_names {
public:
    explicit hanging_names(fetching& f) {
        f.options.hosts = {"*.test:" + std::to_string(f.host.port())};
        f.options.look_up = [&f, answering = released_.get_future().share()](std::string const& name) {
            if (name.find("hangs") != std::string::npos) answering.wait();
            return f.look_up(name);
        };
    }
    void release() { released_.set_value(); }

private:
    std::promise<void> released_;
};

std::vector<std::string> hanging_urls(fetching const& f, std::size_t hosts) {
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < hosts; ++i) urls.push_back(f.host.url("/a", "hangs" + std::to_string(i) + ".test"));
    return urls;
}

}  // namespace

TEST_CASE("an image is fetched from an allowed host, without cookies or credentials", "[fetch]") {
    fetching f;
    f.host.answers["/a%20photo.jpg?size=big"] = image("the bytes");
    auto const fetched = f.fetch(f.host.url("/a%20photo.jpg?size=big#part"));
    REQUIRE(fetched);
    CHECK(*fetched == "the bytes");
    REQUIRE(f.host.requests.size() == 1);
    CHECK_THAT(f.host.requests[0], ContainsSubstring("Host: photos.test:" + std::to_string(f.host.port()) + "\r\n") &&
                                       ContainsSubstring("Accept-Encoding: identity\r\n"));
    for (auto const* const secret : {"Cookie", "Authorization", "Referer"})
        CHECK(f.host.requests[0].find(secret) == std::string::npos);
}

TEST_CASE("URLs that are none, or of hosts that are not allowed, are refused before a lookup", "[fetch]") {
    fetching f;
    auto const port = std::to_string(f.host.port());
    for (auto const& url : std::vector<std::string>{"",
                                                    "photo.jpg",
                                                    "/photo.jpg",
                                                    "file:///etc/passwd",
                                                    "ftp://photos.test/a",
                                                    "gopher://photos.test:" + port,
                                                    "http://photos.test/other/port",
                                                    "http://other.test:" + port + "/",
                                                    "http://photos.test.evil:" + port + "/",
                                                    "http://user:password@photos.test:" + port + "/",
                                                    "http://photos.test:" + port + "@evil.test/",
                                                    "http://photos.test:" + port + "\\@evil.test/",
                                                    "http://[::1]:" + port + "/",
                                                    "http://127.0.0.1:" + port + "/",
                                                    "http://2130706433:" + port + "/",
                                                    "http://0x7f000001:" + port + "/",
                                                    "http://photos%2etest%00.evil:" + port,
                                                    "http://photos.test:" + port + "/a b",
                                                    "http://photos.test:99999/",
                                                    "http:///x",
                                                    "http://:" + port + "/",
                                                    "http://photos.test:" + port + "/\r\nX: y",
                                                    "http://photos.test:" + port + "/" + std::string(9'000, 'x')}) {
        INFO(url);
        CHECK_THAT(f.refusal(url), ContainsSubstring("VALIDATION_ERROR"));
    }
    CHECK(f.lookups == 0);
    CHECK(f.host.requests.empty());
}

TEST_CASE("http is refused unless it is allowed", "[fetch]") {
    fetching f;
    f.options.allow_http = false;
    CHECK_THAT(f.refusal(f.host.url("/a")), ContainsSubstring("url_allow_http"));
    CHECK(f.host.requests.empty());
}

TEST_CASE("no address that is not public is connected to, in whatever form a name resolves to it", "[fetch]") {
    fetching f;
    f.options.networks.clear();
    auto const* const address = GENERATE(
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1",
        "fc00::1", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fec0::1", "198.18.0.1");
    INFO(address);
    f.addresses["photos.test"] = {ip_address::parse(address).value()};
    CHECK_THAT(f.refusal(f.host.url("/a")), ContainsSubstring("IMAGE_NOT_FETCHED") && ContainsSubstring("not public"));
    CHECK(f.host.requests.empty());
}

TEST_CASE("one address of a name that is not public refuses all of them", "[fetch]") {
    fetching f;
    f.options.networks.clear();
    f.addresses["photos.test"] = {ip_address::parse("93.184.216.34").value(), ip_address::parse("127.0.0.1").value()};
    CHECK_THAT(f.refusal(f.host.url("/a")), ContainsSubstring("not public"));
    CHECK(f.host.requests.empty());
}

TEST_CASE("a name that changes its address between check and connection gains nothing", "[fetch]") {
    fetching f;
    f.host.answers["/a"] = image("right");
    f.options.look_up = [&f](std::string const&) -> result<std::vector<ip_address>> {
        // From the second lookup on it is an address that is not allowed.
        return std::vector<ip_address>{ip_address::parse(++f.lookups == 1 ? "127.0.0.1" : "10.0.0.1").value()};
    };
    CHECK(f.fetch(f.host.url("/a")).value() == "right");
    CHECK(f.lookups == 1);
    CHECK_THAT(f.refusal(f.host.url("/a")), ContainsSubstring("not public"));
}

TEST_CASE("redirects are followed three times, with the same checks", "[fetch]") {
    fetching f;
    auto const to = [](std::string const& there) { return answer("302 Found", "Location: " + there + "\r\n"); };
    f.host.answers = {{"/1", to("/2")},
                      {"/2", to(f.host.url("/3"))},
                      {"/3", to("4?x#y")},
                      {"/4?x", image("at last")},
                      {"/0", to("/1")},
                      {"/in", to("http://127.0.0.1:" + std::to_string(f.host.port()) + "/4?x")},
                      {"/loop", to("/loop")},
                      {"/file", to("file:///etc/passwd")},
                      {"/nowhere", answer("301 Moved", "")}};
    CHECK(f.fetch(f.host.url("/1")).value() == "at last");
    CHECK_THAT(f.refusal(f.host.url("/0")), ContainsSubstring("more than 3 times"));
    CHECK_THAT(f.refusal(f.host.url("/loop")), ContainsSubstring("more than 3 times"));
    CHECK_THAT(f.refusal(f.host.url("/in")),
               ContainsSubstring("IMAGE_NOT_FETCHED") && ContainsSubstring("url_allowed_hosts"));
    CHECK_THAT(f.refusal(f.host.url("/file")), ContainsSubstring("cannot be used"));
    CHECK_THAT(f.refusal(f.host.url("/nowhere")), ContainsSubstring("IMAGE_NOT_FETCHED"));
}

TEST_CASE("what is too large, no image or compressed is refused as soon as that shows", "[fetch]") {
    fetching f;
    f.host.answers = {{"/stated", "HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n"},
                      {"/endless", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"},
                      {"/page", image("<html>", "text/html")},
                      {"/zip", answer("200 OK", "Content-Type: image/png\r\nContent-Encoding: gzip\r\n", "x")},
                      {"/header", "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"},
                      {"/error", answer("500 Oops", "", "secret")},
                      {"/cut", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 10\r\n\r\nabc"},
                      {"/noise", "SSH-2.0-OpenSSH\r\n\r\n"}};
    f.host.endless = "/endless";
    CHECK_THAT(f.refusal(f.host.url("/stated")), ContainsSubstring("FILE_TOO_LARGE"));
    CHECK_THAT(f.refusal(f.host.url("/endless")), ContainsSubstring("FILE_TOO_LARGE"));
    CHECK(f.host.sent < 20'000'000);
    CHECK_THAT(f.refusal(f.host.url("/page")), ContainsSubstring("no image"));
    CHECK_THAT(f.refusal(f.host.url("/zip")), ContainsSubstring("compressed"));
    CHECK_THAT(f.refusal(f.host.url("/header")), ContainsSubstring("IMAGE_NOT_FETCHED"));
    auto const broken = f.refusal(f.host.url("/error"));
    CHECK_THAT(broken, ContainsSubstring("status 500") && !ContainsSubstring("secret"));
    CHECK_THAT(f.refusal(f.host.url("/cut")), ContainsSubstring("IMAGE_NOT_FETCHED"));
    CHECK_THAT(f.refusal(f.host.url("/noise")), ContainsSubstring("IMAGE_NOT_FETCHED"));
    CHECK_THAT(f.refusal(f.host.url("/missing")), ContainsSubstring("status 404"));
}

TEST_CASE("a host that never finishes costs the limit of time, and a deadline before it is the request's", "[fetch]") {
    fetching f;
    f.host.keeps_open = true;
    f.host.answers["/slow"] = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 10\r\n\r\nabc";
    request_context hasty;
    hasty.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
    auto const late = f.fetch(f.host.url("/slow"), hasty);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == errc::deadline_exceeded);

    f.options.timeout = std::chrono::milliseconds(100);
    f.fetcher.reset();
    CHECK_THAT(f.refusal(f.host.url("/slow")), ContainsSubstring("IMAGE_NOT_FETCHED") && ContainsSubstring("too long"));
}

TEST_CASE("a client that leaves ends the connection to the host", "[fetch]") {
    fetching f;
    f.host.keeps_open = true;
    f.host.answers["/slow"] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    std::stop_source client;
    request_context context;
    context.cancelled = client.get_token();
    asio::steady_timer until_asked(f.io);
    std::function<void()> leave = [&] {
        if (!f.host.requests.empty()) {
            client.request_stop();
            return;
        }
        until_asked.expires_after(std::chrono::milliseconds(1));
        until_asked.async_wait([&](auto) { leave(); });
    };
    asio::post(f.io, leave);
    auto const fetched = f.fetch(f.host.url("/slow"), context);
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().code == errc::client_closed_request);
}

TEST_CASE("no more connections are made at a time than allowed, and places come back", "[fetch]") {
    fetching f;
    f.options.connections_max = 2;
    f.host.answers["/a"] = image("a");
    f.fetcher.emplace(f.io.get_executor(), f.options);
    std::optional<std::vector<result<std::string>>> all;
    std::vector<std::string> const urls(3, f.host.url("/a"));
    asio::co_spawn(f.io, f.fetcher->fetch_all({}, urls),
                   [&](std::exception_ptr, auto r) { all.emplace(std::move(r)); });
    while (!all) f.io.run_one();
    REQUIRE(all->size() == 3);
    CHECK((*all)[0].value() == "a");
    CHECK((*all)[1].value() == "a");
    CHECK((*all)[2].error().code == errc::queue_full);
    CHECK((*all)[2].error().retry_after_s);
    for (int i = 0; i < 5; ++i) CHECK(f.fetch(f.host.url("/a")));
}

TEST_CASE("results are in the order of the URLs, whichever come first", "[fetch]") {
    fetching f;
    std::vector<std::string> urls;
    for (int i = 0; i < 10; ++i) {
        f.host.answers["/" + std::to_string(i)] = image(std::to_string(i));
        urls.push_back(i == 4 ? "nonsense" : f.host.url("/" + std::to_string(i)));
    }
    f.fetcher.emplace(f.io.get_executor(), f.options);
    std::optional<std::vector<result<std::string>>> all;
    asio::co_spawn(f.io, f.fetcher->fetch_all({}, urls),
                   [&](std::exception_ptr, auto r) { all.emplace(std::move(r)); });
    while (!all) f.io.run_one();
    for (std::size_t i = 0; i < 10; ++i) {
        if (i == 4)
            CHECK((*all)[i].error().code == errc::validation_error);
        else
            CHECK((*all)[i].value() == std::to_string(i));
    }
}

TEST_CASE("URLs that are all refused at once keep nobody waiting", "[fetch]") {
    fetching f;
    f.fetcher.emplace(f.io.get_executor(), f.options);
    std::optional<std::vector<result<std::string>>> all;
    std::vector<std::string> const urls(6, "nonsense");
    asio::co_spawn(f.io, f.fetcher->fetch_all({}, urls),
                   [&](std::exception_ptr, auto r) { all.emplace(std::move(r)); });
    f.io.poll();
    REQUIRE(all);
    CHECK(all->size() == 6);
    for (auto const& one : *all) CHECK(one.error().code == errc::validation_error);
}

TEST_CASE("names below a domain, and only they, are allowed by a star", "[fetch]") {
    fetching f;
    f.options.hosts = {"*.photos.test:" + std::to_string(f.host.port())};
    f.addresses["a.photos.test"] = f.addresses["photos.test"];
    f.host.answers["/a"] = image("a");
    CHECK(f.fetch(f.host.url("/a", "a.photos.test")));
    CHECK(f.fetch(f.host.url("/a", "A.Photos.TEST.")));
    CHECK_THAT(f.refusal(f.host.url("/a")), ContainsSubstring("url_allowed_hosts"));
    CHECK_THAT(f.refusal(f.host.url("/a", "aphotos.test")), ContainsSubstring("url_allowed_hosts"));
}

TEST_CASE("names that nobody answers for hold up no other fetch", "[fetch]") {
    fetching f;
    f.host.answers["/a"] = image("a");
    hanging_names names(f);
    f.options.timeout = std::chrono::seconds(30);
    // Each request fetches four at a time.
    for (auto const& url : hanging_urls(f, f.options.connections_max - 1)) f.start({url});
    f.io.poll();
    CHECK(f.fetch(f.host.url("/a")).value() == "a");
    for (auto const& outcomes : f.started) CHECK(outcomes.empty());
    names.release();
    for (auto const& outcomes : f.started) f.run_until_there(outcomes);
    for (auto const& outcomes : f.started) CHECK(outcomes.front().error().code == errc::image_not_fetched);
}

TEST_CASE("a name is looked up once for all who ask for it meanwhile, each with a deadline of its own", "[fetch]") {
    fetching f;
    f.host.answers["/a"] = image("a");
    hanging_names names(f);
    f.addresses["hangs.test"] = f.addresses["photos.test"];
    auto const url = f.host.url("/a", "hangs.test");
    auto const& three = f.start(std::vector<std::string>(3, url));
    f.io.poll();
    request_context hasty;
    hasty.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
    auto const late = f.fetch(url, hasty);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == errc::deadline_exceeded);
    names.release();
    f.run_until_there(three);
    for (auto const& one : three) CHECK(one.value() == "a");
    CHECK(f.lookups == 1);
    CHECK(f.fetch(url).value() == "a");
    CHECK(f.lookups == 2);
}

TEST_CASE("a name that nobody waits for any more is not looked up", "[fetch]") {
    fetching f;
    hanging_names names(f);
    constexpr int lookups_max = 16;
    f.options.connections_max = lookups_max + 1;
    for (auto const& url : hanging_urls(f, lookups_max)) f.start({url});
    f.io.poll();
    request_context hasty;
    hasty.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
    CHECK_FALSE(f.fetch(f.host.url("/a"), hasty));
    names.release();
    for (auto const& outcomes : f.started) f.run_until_there(outcomes);
    f.fetcher.reset();
    CHECK(f.lookups == lookups_max);
}
