#include "sma/core/correlation_id.hpp"

#include "catch.hpp"

#include <regex>
#include <set>
#include <string>

using namespace sma;

TEST_CASE("correlation IDs are version 4 UUIDs and all different") {
    std::regex const uuid4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 1'000; ++i) {
        auto const id = make_correlation_id();
        REQUIRE(std::regex_match(id, uuid4));
        seen.insert(id);
    }
    CHECK(seen.size() == 1'000);
}

TEST_CASE("a client's correlation ID is kept only if it cannot forge anything") {
    CHECK(is_valid_correlation_id("a"));
    CHECK(is_valid_correlation_id("Az09._-"));
    CHECK(is_valid_correlation_id(std::string(128, 'x')));
    CHECK_FALSE(is_valid_correlation_id(""));
    CHECK_FALSE(is_valid_correlation_id(std::string(129, 'x')));
    CHECK_FALSE(is_valid_correlation_id("a b"));
    CHECK_FALSE(is_valid_correlation_id("a\r\nSet-Cookie: x"));
    CHECK_FALSE(is_valid_correlation_id("\xc3\xa4"));
}

TEST_CASE("traceparent gives its trace ID only when it is well-formed") {
    std::string const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    CHECK(trace_id_of("00-" + trace + "-00f067aa0ba902b7-01") == trace);
    CHECK(trace_id_of("01-" + trace + "-00f067aa0ba902b7-01-more") == trace);
    CHECK_FALSE(trace_id_of(""));
    CHECK_FALSE(trace_id_of("00-" + trace + "-00f067aa0ba902b7"));
    CHECK_FALSE(trace_id_of("00-" + trace + "-00f067aa0ba902b7-01-more"));
    CHECK_FALSE(trace_id_of("ff-" + trace + "-00f067aa0ba902b7-01"));
    CHECK_FALSE(trace_id_of("00-" + std::string(32, '0') + "-00f067aa0ba902b7-01"));
    CHECK_FALSE(trace_id_of("00-" + trace + "-0000000000000000-01"));
    CHECK_FALSE(trace_id_of("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
}
