#include "authority.hpp"

#include "catch.hpp"

using sma::http::is_authority;

TEST_CASE("hosts and ports by the grammar", "[target]") {
    for (auto const* good : {"a", "example.org", "example.org:8000", "a:", "127.0.0.1:80", "a_b-c.~d", "a%20b",
                             "a,b;c=d!$&'()*+", "xn--bcher-kva.example", "[::1]", "[::1]:80", "[2001:db8::192.0.2.1]",
                             "[1:2:3:4:5:6:7:8]:", "[v1.a:b]", "[vF.x]:1"}) {
        INFO(good);
        CHECK(is_authority(good));
    }
    for (auto const* bad : {"",
                            ":80",
                            "a:b",
                            "a:80:80",
                            "a:+80",
                            "a:80 ",
                            "::1",
                            "[::1",
                            "::1]",
                            "[::1]x",
                            "[::1]:x",
                            "[]",
                            "[1::2::3]",
                            "[fe80::1%eth0]",
                            "[fe80::1%25eth0]",
                            "[12345::]",
                            "[1.2.3.4]",
                            "[v.x]",
                            "[v1.]",
                            "[v1x]",
                            "[vg.x]",
                            "u@a",
                            "u:p@a",
                            "a/b",
                            "a?b",
                            "a#b",
                            "a b",
                            "a%4",
                            "a%4g",
                            "a%",
                            "a|b",
                            "a\\b",
                            "a\"b",
                            "<a>",
                            "a\x7f",
                            "a\xe9"}) {
        INFO(bad);
        CHECK_FALSE(is_authority(bad));
    }
}
