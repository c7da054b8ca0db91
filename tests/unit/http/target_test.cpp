#include "sma/http/target.hpp"

#include "catch.hpp"

using namespace sma::http;

TEST_CASE("a target is split into path and query", "[target]") {
    CHECK(split_target("/a/b?c=d?e")->path == "/a/b");
    CHECK(split_target("/a/b?c=d?e")->query == "c=d?e");
    CHECK(split_target("HTTP://host:80/a?b")->path == "/a");
    CHECK(split_target("http://host?b")->path == "/");
    CHECK(split_target("http://host?b")->query == "b");
    CHECK(split_target("*")->path == "*");
    for (auto const* bad : {"", "a", "http://", "http:///a", "ftp://a/", "http://u@a/", "http://a:b/", "http://[::1/",
                            "http://:80/", "/a b", "/a#b", "/a\x7f", "/a\xff"})
        CHECK_FALSE(split_target(bad));
}

TEST_CASE("escapes are decoded, and malformed ones refused", "[target]") {
    CHECK(percent_decode("/a%20b%2fc") == "/a b/c");
    CHECK(percent_decode("a+b") == "a+b");
    for (auto const* bad : {"%", "%1", "%zz", "%00", "a%2"}) CHECK_FALSE(percent_decode(bad));
}

TEST_CASE("a query becomes pairs in order", "[target]") {
    auto const q = parse_query("a=1&b=x+y%26z&&c&=d&a=2&e=%zz");
    query_parameters const expected{{"a", "1"}, {"b", "x y&z"}, {"c", ""}, {"", "d"}, {"a", "2"}, {"e", "%zz"}};
    CHECK(q == expected);
    CHECK(parse_query("").empty());
}
