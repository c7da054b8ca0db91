#include "sma/core/local_address.hpp"

#include "catch.hpp"

using sma::local_address;

TEST_CASE("a loopback address with a port, or the path of a Unix socket") {
    auto const v4 = local_address::parse("127.0.0.1:9000");
    REQUIRE(v4);
    CHECK(v4->host == "127.0.0.1");
    CHECK(v4->port == 9000);
    CHECK(v4->unix_path.empty());
    auto const v6 = local_address::parse("[::1]:0");
    REQUIRE(v6);
    CHECK(v6->host == "::1");
    CHECK(v6->port == 0);
    auto const path = local_address::parse("unix:/run/a.sock");
    REQUIRE(path);
    CHECK(path->unix_path == "/run/a.sock");
}

TEST_CASE("what other machines can reach, or what is no address, is refused") {
    for (auto const* wrong : {"", "9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
                              "0.0.0.0:9000", "192.0.2.1:9000", "[::]:9000", "::1:9000", "[127.0.0.1]:9000", "[::1]",
                              "localhost:9000", "unix:", "unix:relative", "http://127.0.0.1:9000", "127.0.0.1:80 "}) {
        INFO(wrong);
        CHECK_FALSE(local_address::parse(wrong).has_value());
    }
}
