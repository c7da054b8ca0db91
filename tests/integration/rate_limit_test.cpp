// Tests of rate limits and trusted proxies on the real program.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <csignal>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

http_response info(server_process const& server, header_list const& headers = {}) {
    return server.ask(make_request("GET", "/info", headers));
}

header_list forwarded(std::string const& client) { return {{"X-Forwarded-For", client}}; }

/// Asks until it is refused: a slow machine may take a second, in which a request becomes free again.
template <class Ask>
http_response until_refused(Ask ask) {
    for (int i = 0; i < 200; ++i) {
        auto r = ask(i);
        if (r.status == 429) return r;
        REQUIRE(r.status == 200);
    }
    FAIL("never refused");
    return {};
}

}  // namespace

TEST_CASE("a client that sends too much is told to wait, health is not", "[operations]") {
    server_process server(narrow({"--rate-limit-requests-per-s", "1", "--rate-limit-burst", "3"}));
    auto const first = server.ask(post_image("/predict", sample_bytes()));
    require_prediction(first, 5);
    CHECK(first.header("RateLimit-Limit") == "3");
    CHECK(first.header("RateLimit-Remaining") == "2");
    auto const refused = until_refused([&](int) { return info(server); });
    require_error(refused, 429, "RATE_LIMITED");
    CHECK(refused.header("Retry-After") == "1");
    CHECK(refused.header("RateLimit-Remaining") == "0");
    auto const below = until_refused([&](int) { return server.get("/v2"); });
    CHECK(require_json(below).at("error").is_string());
    for (int i = 0; i < 10; ++i)
        for (auto const* open : {"/health", "/v2/health/live", "/metrics"}) CHECK(server.get(open).status == 200);
    CHECK(server.metrics().value("rejections_total{reason=\"RATE_LIMITED\"}") == 2);
    // Who waits is served again.
    CHECK(eventually([&] { return info(server).status == 200; }, patience));
    CHECK(server.stop() == 0);
}

TEST_CASE("X-Forwarded-For counts only from a trusted proxy", "[operations]") {
    auto const rate = narrow({"--rate-limit-requests-per-s", "1", "--rate-limit-burst", "1"});
    auto const somebody = [](int i) { return forwarded("203.0.113." + std::to_string(i)); };
    {
        server_process const server(rate);
        auto const refused = until_refused([&](int i) { return info(server, somebody(i)); });
        CHECK(server.log_lines_of(refused.header("X-Correlation-ID")).at(0).at("client") == "127.0.0.1");
    }
    auto trusting = rate;
    trusting.insert(trusting.end(), {"--trusted-proxies", "10.0.0.0/8,127.0.0.1"});
    server_process const server(trusting);
    for (int i = 0; i < 20; ++i) CHECK(info(server, somebody(i)).status == 200);
    auto const refused =
        until_refused([&](int) { return info(server, forwarded("198.51.100.7, 203.0.113.200, 10.0.0.2")); });
    CHECK(server.log_lines_of(refused.header("X-Correlation-ID")).at(0).at("client") == "203.0.113.200");
}

TEST_CASE("on loopback nobody is warned of other machines", "[operations]") {
    CHECK_THAT(shared_server().output(), !ContainsSubstring("reachable from other machines"));
}
