#include "http_fixture.hpp"

#include "client_address.hpp"

#include "catch.hpp"

#include <stdexcept>

using namespace sma::http::test;
using http::trusted_proxies;

namespace {

/// With one header line for each of `lines`.
std::string client_of(std::vector<std::string> const& trusted, std::string const& peer,
                      std::vector<std::string> const& lines) {
    http::request r;
    for (auto const& line : lines) r.headers.insert("X-Forwarded-For", line);
    return trusted_proxies(trusted).client_of(r, peer);
}

}  // namespace

TEST_CASE("nobody is believed who is not trusted", "[proxies]") {
    CHECK(client_of({}, "192.0.2.1", {"203.0.113.9"}) == "192.0.2.1");
    CHECK(client_of({}, "unix", {"203.0.113.9"}) == "unix");
    CHECK(client_of({"10.0.0.0/8"}, "192.0.2.1", {"203.0.113.9"}) == "192.0.2.1");
    CHECK(client_of({"10.0.0.0/8"}, "unix", {"203.0.113.9"}) == "unix");
    CHECK(client_of({"unix"}, "127.0.0.1", {"203.0.113.9"}) == "127.0.0.1");
}

TEST_CASE("behind trusted proxies the client is the right-most address that is not one", "[proxies]") {
    std::vector<std::string> const trusted{"10.0.0.0/8", "2001:db8:1::/48"};
    CHECK(client_of(trusted, "10.0.0.1", {"203.0.113.9"}) == "203.0.113.9");
    CHECK(client_of(trusted, "10.0.0.1", {"198.51.100.7, 203.0.113.9"}) == "203.0.113.9");
    CHECK(client_of(trusted, "10.0.0.1", {"198.51.100.7,203.0.113.9 ,\t10.9.9.9"}) == "203.0.113.9");
    CHECK(client_of(trusted, "10.0.0.1", {"198.51.100.7, 203.0.113.9", "2001:db8:1::5, 10.1.1.1"}) == "203.0.113.9");
    CHECK(client_of(trusted, "2001:db8:1::5", {"2001:DB8:2::0001"}) == "2001:db8:2::1");
    CHECK(client_of({"unix"}, "unix", {"203.0.113.9"}) == "203.0.113.9");
}

TEST_CASE("where all are trusted the client is the first of them", "[proxies]") {
    CHECK(client_of({"10.0.0.0/8"}, "10.0.0.1", {"10.0.0.3, 10.0.0.2"}) == "10.0.0.3");
    CHECK(client_of({"10.0.0.0/8"}, "10.0.0.1", {}) == "10.0.0.1");
    CHECK(client_of({"10.0.0.0/8"}, "10.0.0.1", {""}) == "10.0.0.1");
}

TEST_CASE("ports and brackets that proxies add are not part of the address", "[proxies]") {
    for (auto const& [entry, address] : {std::pair{"203.0.113.9:5000", "203.0.113.9"},
                                         {"[2001:db8::1]:5000", "2001:db8::1"},
                                         {"[2001:db8::1]", "2001:db8::1"},
                                         {"\"[2001:db8::1]\"", "2001:db8::1"},
                                         {"::ffff:203.0.113.9", "203.0.113.9"}}) {
        INFO(entry);
        CHECK(client_of({"10.0.0.0/8"}, "10.0.0.1", {entry}) == address);
    }
}

TEST_CASE("an entry that is no address makes its proxy the client, and is never shown", "[proxies]") {
    for (auto const* entry : {"unknown", "_hidden", "a\"b", "203.0.113.9.1", "[", "[]", ":", ",", "203.0.113.9,,"}) {
        INFO(entry);
        CHECK(client_of({"10.0.0.0/8"}, "10.0.0.1", {entry}) == "10.0.0.1");
    }
    CHECK(client_of({"10.0.0.0/8"}, "10.0.0.1", {"203.0.113.9, unknown, 10.0.0.2"}) == "10.0.0.2");
}

TEST_CASE("a list of what is no network is a bug", "[proxies]") {
    CHECK_THROWS_AS(trusted_proxies({"proxy.example"}), std::logic_error);
}

TEST_CASE("clients behind a trusted proxy are limited one by one", "[proxies]") {
    http::limits l;
    l.client_rate = {0.001, 1};
    l.trusted_proxies = {"127.0.0.0/8"};
    harness h(l);
    client c(h.port());
    auto const status = [&](std::string_view who) {
        return c.ask(get("/hello", "X-Forwarded-For: " + std::string(who) + "\r\n")).status;
    };
    CHECK(status("203.0.113.9") == 200);
    CHECK(status("203.0.113.8") == 200);
    CHECK(status("203.0.113.9") == 429);
    CHECK(status("198.51.100.7, 203.0.113.8") == 429);
}

TEST_CASE("without trust a made-up header opens no new bucket", "[proxies]") {
    http::limits l;
    l.client_rate = {0.001, 1};
    harness h(l);
    client c(h.port());
    CHECK(c.ask(get("/hello", "X-Forwarded-For: 203.0.113.9\r\n")).status == 200);
    CHECK(c.ask(get("/hello", "X-Forwarded-For: 203.0.113.8\r\n")).status == 429);
}
