#include "sma/core/json_text.hpp"

#include "catch.hpp"

#include <boost/json/parse.hpp>

#include <random>

using namespace sma;

namespace {

std::string in_quotes(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string number(double value, int digits) {
    std::string out;
    append_json_number(out, value, digits);
    return out;
}

}  // namespace

TEST_CASE("strings are escaped, and what is not UTF-8 is replaced") {
    CHECK(in_quotes("plain") == "\"plain\"");
    CHECK(in_quotes("a\"b\\c\n\t\x01") == "\"a\\\"b\\\\c\\n\\t\\u0001\"");
    CHECK(in_quotes("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb6") == "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb6\"");
    CHECK(in_quotes("a\xff") == "\"a\xef\xbf\xbd\"");
    CHECK(in_quotes("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
    CHECK(in_quotes("\xc0\xaf") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // an overlong slash
    CHECK(in_quotes("\xe2\x82") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // cut off
}

TEST_CASE("any bytes become a string that a JSON parser takes") {
    std::mt19937 random(1);
    for (int i = 0; i < 2'000; ++i) {
        std::string bytes(random() % 40, ' ');
        for (auto& c : bytes) c = static_cast<char>(random());
        boost::json::error_code failure;
        boost::json::parse(in_quotes(bytes), failure);
        REQUIRE_FALSE(failure);
    }
}

TEST_CASE("numbers are plain decimals") {
    CHECK(number(0.9208154, 6) == "0.920815");
    CHECK(number(0.5, 6) == "0.5");
    CHECK(number(0, 6) == "0.0");
    CHECK(number(1, 6) == "1.0");
    CHECK(number(0.0000001, 6) == "0.0");
    CHECK(number(12.34, 1) == "12.3");
    CHECK(number(100, 0) == "100");
    CHECK(number(1.0 / 0.0, 3) == "0.0");
}
