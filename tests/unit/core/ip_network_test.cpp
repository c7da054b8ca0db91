#include "sma/core/ip_network.hpp"

#include "catch.hpp"

using namespace sma;

namespace {

bool contains(std::string_view network, std::string_view address) {
    return ip_network::parse(network).value().contains(ip_address::parse(address).value());
}

}  // namespace

TEST_CASE("addresses are read and written in their canonical form") {
    for (auto const& [text, canonical] : {std::pair{"192.0.2.1", "192.0.2.1"},
                                          {"::ffff:192.0.2.1", "192.0.2.1"},
                                          {"2001:DB8:0:0::1", "2001:db8::1"},
                                          {"::", "::"},
                                          {"::192.0.2.1", "::192.0.2.1"}}) {
        INFO(text);
        auto const a = ip_address::parse(text);
        REQUIRE(a);
        CHECK(a->text() == canonical);
    }
    CHECK(ip_address::parse("::ffff:192.0.2.1") == ip_address::parse("192.0.2.1"));
    CHECK(ip_address::parse("192.0.2.1")->is_v4());
    CHECK_FALSE(ip_address::parse("::1")->is_v4());
    for (auto const* here : {"127.0.0.1", "127.255.0.3", "::ffff:127.0.0.1", "::1"})
        CHECK(ip_address::parse(here)->is_loopback());
    for (auto const* elsewhere : {"0.0.0.0", "128.0.0.1", "::", "::2", "::127.0.0.1"})
        CHECK_FALSE(ip_address::parse(elsewhere)->is_loopback());
    for (std::string_view const wrong :
         {"", "unix", "192.0.2", "192.0.2.1:80", "192.0.2.256", "[::1]", "fe80::1%eth0", "1.2.3.4 ", " 1.2.3.4"}) {
        INFO(wrong);
        CHECK_FALSE(ip_address::parse(wrong).has_value());
    }
    CHECK_FALSE(ip_address::parse(std::string_view("1.2.3.4\0", 8)).has_value());
    CHECK_FALSE(ip_address::parse(std::string(5000, '1')).has_value());
}

TEST_CASE("a network contains what begins with its prefix") {
    CHECK(contains("10.0.0.0/8", "10.255.255.255"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    CHECK(contains("192.0.2.128/25", "192.0.2.128"));
    CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
    CHECK(contains("192.0.2.1", "192.0.2.1"));
    CHECK(contains("192.0.2.1", "::ffff:192.0.2.1"));
    CHECK_FALSE(contains("192.0.2.1", "192.0.2.2"));
    CHECK(contains("0.0.0.0/0", "203.0.113.9"));
    CHECK_FALSE(contains("0.0.0.0/0", "::1"));
    CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(contains("::/0", "2001:db8::1"));
    CHECK_FALSE(contains("::1", "::2"));
}

TEST_CASE("what is no network is refused") {
    for (std::string_view const wrong : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129",
                                         "10.0.0.1/8", "2001:db8::1/64", "10.0.0.0/8/8", "unix", "localhost"}) {
        INFO(wrong);
        CHECK_FALSE(ip_network::parse(wrong).has_value());
    }
}
