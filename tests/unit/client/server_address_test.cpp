#include "sma/client/server_address.hpp"

#include "catch_result.hpp"

using namespace sma;

TEST_CASE("a server is named by a URL or a socket", "[server_address]") {
    auto const a = client::parse_server_address("http://example.org:8080/api/", {});
    REQUIRE(a);
    CHECK(a->host == "example.org");
    CHECK(a->port == 8080);
    CHECK(a->prefix == "/api");
    CHECK(a->authority == "example.org:8080");
    CHECK(client::parse_server_address("http://[::1]:9", {})->host == "::1");
    CHECK(client::parse_server_address("http://h", {})->port == 80);
    CHECK(client::parse_server_address("", "/run/s.sock")->authority == "localhost");
    CHECK_FALSE(a->secure);
    auto const secure = client::parse_server_address("https://example.org/api", {});
    REQUIRE(secure);
    CHECK(secure->secure);
    CHECK(secure->port == 443);
    CHECK(secure->prefix == "/api");
    CHECK(client::parse_server_address("https://h:8443", {})->port == 8443);
    for (auto const* bad : {"", "ftp://h", "https://", "h:80", "http://", "http://h:0", "http://h:x", "http://h:70000",
                            "http://a@b", "http://h/?q"})
        CHECK(client::parse_server_address(bad, {}).has_error());
}
