#include "http_fixture.hpp"

#include "catch.hpp"

using namespace sma::http::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::string_view ours = "Origin: https://app.example.com\r\n";
constexpr std::string_view foreign = "Origin: https://other.example.com\r\n";

http::limits with_origins(std::vector<std::string> origins) {
    http::limits l;
    l.cors_allowed_origins = std::move(origins);
    return l;
}

std::string preflight(std::string_view target, std::string_view origin, std::string_view method = "POST") {
    return "OPTIONS " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(origin) +
           "Access-Control-Request-Method: " + std::string(method) +
           "\r\nAccess-Control-Request-Headers: content-type, x-evil\r\n\r\n";
}

/// The names of the headers that only CORS adds.
std::string cors_headers(answer const& a) {
    std::string found;
    for (auto const& [name, value] : a.headers)
        if (name.starts_with("access-control-") || name == "vary" || name == "timing-allow-origin") found += name + " ";
    return found;
}

}  // namespace

TEST_CASE("without the setting there is no CORS at all", "[cors]") {
    harness h;
    client c(h.port());
    CHECK(cors_headers(c.ask(get("/hello", ours))).empty());
    auto const asked = c.ask(preflight("/echo", ours));
    CHECK(asked.status == 204);
    CHECK(asked.header("allow") == "OPTIONS, POST");
    CHECK(cors_headers(asked).empty());
}

TEST_CASE("an origin of the list may read answers and their headers", "[cors]") {
    harness h(with_origins({"https://app.example.com", "http://localhost:3000"}));
    client c(h.port());
    auto const a = c.ask(get("/hello", ours));
    CHECK(a.status == 200);
    CHECK(a.header("access-control-allow-origin") == "https://app.example.com");
    CHECK(a.header("vary") == "Origin");
    CHECK(a.header("timing-allow-origin") == "https://app.example.com");
    for (auto const* name : {"X-Correlation-ID", "X-Response-Time", "Server-Timing"})
        CHECK_THAT(a.header("access-control-expose-headers"), ContainsSubstring(name));
    CHECK(c.ask(get("/hello", "Origin: http://localhost:3000\r\n")).header("access-control-allow-origin") ==
          "http://localhost:3000");
}

TEST_CASE("errors can be read too, whoever makes them", "[cors]") {
    harness h(with_origins({"https://app.example.com"}));
    client c(h.port());
    for (auto const& request : {get("/nothing", ours), get("/echo", ours), get("/fail", ours), get("/hello%zz", ours),
                                post("/refuse", "x", ours)}) {
        INFO(request);
        auto const a = c.ask(request);
        CHECK(a.status >= 400);
        CHECK(a.header("access-control-allow-origin") == "https://app.example.com");
    }
}

TEST_CASE("another origin, or none, is told nothing but that the answer varies", "[cors]") {
    harness h(with_origins({"https://app.example.com"}));
    client c(h.port());
    for (auto const* origin : {"", "Origin: https://other.example.com\r\n", "Origin: null\r\n",
                               "Origin: https://app.example.com.evil.com\r\n", "Origin: http://app.example.com\r\n"}) {
        INFO(origin);
        auto const a = c.ask(get("/hello", origin));
        CHECK(a.status == 200);
        CHECK(cors_headers(a) == "vary ");
    }
    CHECK(cors_headers(c.ask(preflight("/echo", foreign))) == "vary ");
}

TEST_CASE("a preflight is answered without the endpoint and without an echo", "[cors]") {
    harness h(with_origins({"https://app.example.com"}));
    client c(h.port());
    auto const a = c.ask(preflight("/echo", ours));
    CHECK(a.status == 204);
    CHECK(a.header("access-control-allow-origin") == "https://app.example.com");
    CHECK(a.header("access-control-allow-methods") == "OPTIONS, POST");
    CHECK_THAT(a.header("access-control-allow-headers"),
               ContainsSubstring("Content-Type") && !ContainsSubstring("evil"));
    CHECK(a.header("access-control-max-age") == "600");
    CHECK(a.header("vary") == "Origin");
    CHECK(h.handled == 0);
    auto const unknown = c.ask(preflight("/nothing", ours));
    CHECK(unknown.status == 404);
    CHECK(unknown.header("access-control-allow-methods").empty());
    // OPTIONS without a method to ask for is no preflight.
    auto const plain = c.ask("OPTIONS /echo HTTP/1.1\r\nHost: test\r\n" + std::string(ours) + "\r\n");
    CHECK(plain.status == 204);
    CHECK(plain.header("access-control-allow-methods").empty());
}

TEST_CASE("any origin may be allowed", "[cors]") {
    harness h(with_origins({"*"}));
    client c(h.port());
    auto const a = c.ask(get("/hello", foreign));
    CHECK(a.header("access-control-allow-origin") == "*");
    CHECK(a.header("vary").empty());
    CHECK(cors_headers(c.ask(get("/hello"))).empty());
}
