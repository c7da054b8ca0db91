#include "sma/http/conditional.hpp"

#include "catch.hpp"

using namespace sma::http;

TEST_CASE("If-None-Match is a list of entity tags", "[conditional]") {
    CHECK(names_etag("\"a\"", "\"a\""));
    CHECK(names_etag("W/\"a\"", "\"a\""));
    CHECK(names_etag("\"x,y\", W/\"b\" ,\"a\"", "\"a\""));
    CHECK(names_etag("\"x,y\"", "\"x,y\""));
    CHECK(names_etag("*", "\"a\""));
    CHECK_FALSE(names_etag("", "\"a\""));
    CHECK_FALSE(names_etag("\"b\"", "\"a\""));
    CHECK_FALSE(names_etag("a", "\"a\""));
    CHECK_FALSE(names_etag("\"a", "\"a\""));
    CHECK_FALSE(names_etag("\"b\" x \"a\"", "\"a\""));
}

TEST_CASE("a client that has the entity gets 304 without a body", "[conditional]") {
    request asked;
    response r;
    r.body = "content";
    apply_etag(r, asked, "\"a\"");
    CHECK(r.status == 200);
    CHECK(r.body == "content");
    asked.headers.set("If-None-Match", "\"a\"");
    apply_etag(r, asked, "\"a\"");
    CHECK(r.status == 304);
    CHECK(r.body.empty());
}
