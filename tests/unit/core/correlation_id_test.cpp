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
