#include "catch_result.hpp"
#include "http_fixture.hpp"

#include "rate_limiter.hpp"

#include "catch.hpp"

using namespace sma::http::test;
using http::api_keys;
using http::rate_limiter;
using http::request_rate;
using http::token_bucket;

namespace {

constexpr std::string_view hash_of_alpha = "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8";
constexpr std::string_view hash_of_beta = "f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753";

/// A moment after the clock's beginning.
sma::steady_time at(std::chrono::milliseconds since_begin) { return sma::steady_time{} + 1h + since_begin; }

bool takes(rate_limiter& l, std::string_view client, sma::steady_time now) { return l.take(client, now)->allowed; }

std::string address(unsigned i) {
    return "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
}

http::limits with_rate(double per_s, double burst) {
    http::limits l;
    l.client_rate = {per_s, burst};
    return l;
}

std::shared_ptr<api_keys const> keys(std::string const& text) {
    auto parsed = api_keys::parse(text);
    REQUIRE(parsed);
    return std::make_shared<api_keys const>(std::move(*parsed));
}

std::string anna(std::string_view rate = "") { return "anna " + std::string(hash_of_alpha) + std::string(rate) + "\n"; }
std::string bert(std::string_view rate = "") { return "bert " + std::string(hash_of_beta) + std::string(rate) + "\n"; }

}  // namespace

TEST_CASE("a bucket gives its burst at once, then one at a time", "[rate]") {
    token_bucket b;
    request_rate const rate{2, 3};
    for (unsigned left : {2U, 1U, 0U}) {
        auto const q = b.take(rate, at(0ms));
        CHECK(q.allowed);
        CHECK(q.limit == 3);
        CHECK(q.remaining == left);
    }
    auto const refused = b.take(rate, at(0ms));
    CHECK_FALSE(refused.allowed);
    CHECK(refused.remaining == 0);
    CHECK(refused.reset_s == 2);  // three at two a second
    CHECK(refused.retry_after_s == 1);
    CHECK_FALSE(b.take(rate, at(499ms)).allowed);
    CHECK(b.take(rate, at(500ms)).allowed);
    CHECK_FALSE(b.take(rate, at(500ms)).allowed);
    CHECK(b.take(rate, at(1000ms)).allowed);
    // Never more than the burst, however long nothing came.
    int taken = 0;
    while (b.take(rate, at(1h)).allowed) ++taken;
    CHECK(taken == 3);
}

TEST_CASE("who waits as long as it was told is served", "[rate]") {
    for (double const per_s : {0.001, 0.1, 0.3, 1.0, 3.0, 7.0, 999.0}) {
        INFO(per_s);
        token_bucket b;
        request_rate const rate{per_s, 1};
        auto now = at(0ms);
        REQUIRE(b.take(rate, now).allowed);
        for (int i = 0; i < 1000; ++i) {
            auto const q = b.take(rate, now);
            REQUIRE_FALSE(q.allowed);
            REQUIRE(q.retry_after_s == std::max(1.0, std::ceil(1 / per_s)));
            now += std::chrono::seconds(q.retry_after_s);
            REQUIRE(b.take(rate, now).allowed);
        }
    }
}

TEST_CASE("a refused request costs nothing, and a clock that goes back neither", "[rate]") {
    token_bucket b;
    request_rate const rate{1, 1};
    CHECK(b.take(rate, at(5s)).allowed);
    for (int i = 0; i < 100; ++i) CHECK_FALSE(b.take(rate, at(4s)).allowed);
    CHECK(b.take(rate, at(6s)).allowed);
}

TEST_CASE("without a burst it is what one second brings, at least one", "[rate]") {
    CHECK(request_rate{0.2, 0}.size() == 1);
    CHECK(request_rate{2.5, 0}.size() == 3);
    CHECK(request_rate{100, 0}.size() == 100);
    CHECK(request_rate{100, 5}.size() == 5);
}

TEST_CASE("each network has its own bucket", "[rate]") {
    rate_limiter l({1, 1});
    CHECK(takes(l, "192.0.2.1", at(0ms)));
    CHECK_FALSE(takes(l, "192.0.2.1", at(0ms)));
    CHECK_FALSE(takes(l, "::ffff:192.0.2.1", at(0ms)));
    CHECK(takes(l, "192.0.2.2", at(0ms)));
    CHECK(takes(l, "2001:db8:0:1::1", at(0ms)));
    CHECK_FALSE(takes(l, "2001:db8:0:1:ffff::2", at(0ms)));
    CHECK(takes(l, "2001:db8:0:2::1", at(0ms)));
    CHECK(takes(l, "unix", at(0ms)));
    CHECK_FALSE(takes(l, "unix", at(0ms)));
    CHECK(takes(l, "::1", at(0ms)));
    CHECK(l.networks() == 6);
}

TEST_CASE("without a rate nothing is limited and nothing remembered", "[rate]") {
    rate_limiter l({0, 0});
    CHECK_FALSE(l.take("192.0.2.1", at(0ms)).has_value());
    CHECK(l.networks() == 0);
}

TEST_CASE("a million addresses take no more memory than the table has, and the oldest goes first", "[rate]") {
    rate_limiter l({1, 1});
    constexpr unsigned million = 1'000'000;
    auto const table = static_cast<unsigned>(http::networks_max);
    for (unsigned i = 0; i < million; ++i) {
        REQUIRE(takes(l, address(i), at(0ms)));
        // One that keeps asking is never forgotten, whoever else comes.
        if (i % 1000 == 999) REQUIRE_FALSE(takes(l, address(0), at(0ms)));
    }
    CHECK(l.networks() == table);
    for (unsigned i = million - table + 1; i < million; i += 97) REQUIRE_FALSE(takes(l, address(i), at(0ms)));
    CHECK(takes(l, address(million - table), at(0ms)));
    CHECK(takes(l, address(1), at(0ms)));
}

TEST_CASE("a key has a bucket of its own, at its own rate or everybody's", "[rate]") {
    auto const two = keys(anna(" 1 2") + bert());
    auto const& a = *two->find("alpha");
    auto const& b = *two->find("beta");
    rate_limiter l({1, 1});
    CHECK(l.take(a, at(0ms))->limit == 2);
    CHECK(l.take(a, at(0ms))->allowed);
    CHECK_FALSE(l.take(a, at(0ms))->allowed);
    CHECK(l.take(b, at(0ms))->limit == 1);
    CHECK_FALSE(l.take(b, at(0ms))->allowed);
    CHECK(takes(l, "192.0.2.1", at(0ms)));

    rate_limiter unlimited({0, 0});
    CHECK(unlimited.take(a, at(0ms))->limit == 2);
    CHECK_FALSE(unlimited.take(b, at(0ms)).has_value());
    CHECK_FALSE(l.take(*keys(anna(" 0"))->find("alpha"), at(0ms)).has_value());
}

TEST_CASE("other keys leave the bucket of one that stays as it was", "[rate]") {
    rate_limiter l({1, 1});
    auto const before = keys(anna() + bert());
    CHECK(l.take(*before->find("alpha"), at(0ms))->allowed);
    CHECK(l.take(*before->find("beta"), at(0ms))->allowed);
    l.keep_only(*keys(anna()));
    CHECK_FALSE(l.take(*before->find("alpha"), at(0ms))->allowed);
    CHECK(l.take(*before->find("beta"), at(0ms))->allowed);
}

TEST_CASE("who sends too much is told how much and until when", "[rate]") {
    harness h(with_rate(0.001, 2));
    client c(h.port());
    auto const first = c.ask(get("/hello"));
    CHECK(first.status == 200);
    CHECK(first.header("ratelimit-limit") == "2");
    CHECK(first.header("ratelimit-remaining") == "1");
    CHECK(first.header("ratelimit-reset") == "1000");
    CHECK(c.ask(post("/echo", "x")).header("ratelimit-remaining") == "0");
    auto const refused = c.ask(get("/hello"));
    CHECK(refused.status == 429);
    CHECK(refused.code() == "RATE_LIMITED");
    CHECK(refused.header("ratelimit-remaining") == "0");
    // Some time has passed since the first request, by the real clock.
    auto const wait_s = std::stoi(refused.header("retry-after"));
    CHECK(wait_s > 900);
    CHECK(wait_s <= 1000);
    CHECK(h.handled == 2);
    auto const below = c.ask(get("/v2/models/x"));
    CHECK(below.status == 429);
    CHECK(below.code().empty());
    CHECK(eventually(
        [&] { return h.metrics.expose().find("rejections_total{reason=\"RATE_LIMITED\"} 2") != std::string::npos; }));
}

TEST_CASE("open routes are never limited", "[rate]") {
    harness h(with_rate(0.001, 1));
    client c(h.port());
    CHECK(c.ask(get("/hello")).status == 200);
    CHECK(c.ask(get("/hello")).status == 429);
    for (int i = 0; i < 5; ++i) {
        auto const a = c.ask(get("/open"));
        CHECK(a.status == 200);
        CHECK(a.header("ratelimit-limit").empty());
    }
}

TEST_CASE("without a limit there are no headers of it", "[rate]") {
    harness h;
    client c(h.port());
    CHECK(c.ask(get("/hello")).header("ratelimit-limit").empty());
}

TEST_CASE("keys are limited one by one, wrong ones by their network", "[rate]") {
    harness h(with_rate(0.001, 2));
    auto const known = keys(anna(" 0.001 1") + bert(" 0"));
    h.on_io([&] { h.server().use_keys(known); });
    client c(h.port());
    auto const status = [&](std::string_view key) {
        return c.ask(get("/hello", "X-API-Key: " + std::string(key) + "\r\n")).status;
    };
    CHECK(status("alpha") == 200);
    CHECK(status("alpha") == 429);
    CHECK(status("gamma") == 401);
    CHECK(status("delta") == 401);
    CHECK(status("omega") == 429);
    for (int i = 0; i < 5; ++i) CHECK(status("beta") == 200);
}
