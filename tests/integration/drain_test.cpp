// Tests of SIGTERM and SIGINT: requests in progress are finished, idle connections are closed, and the process ends.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <csignal>
#include <thread>

using namespace sma::test;

namespace {

/// The head of an upload and half of its body; the rest is `rest`.
struct half_upload {
    explicit half_upload(server_process const& server) : client(server.port()) {
        auto const request = post_image("/predict", sample_bytes());
        client.send(std::string_view(request).substr(0, request.size() / 2));
        rest = request.substr(request.size() / 2);
    }
    connection client;
    std::string rest;
};

bool refuses_connections(std::uint16_t port) {
    try {
        connection const client(port);
        return false;
    } catch (client_error const&) {
        return true;
    }
}

/// Until the server has seen n requests that are under way beside the one that asks.
bool has_under_way(server_process const& server, double n) {
    return eventually([&] { return server.metrics().value("inflight_requests") >= n + 1; }, patience);
}

}  // namespace

TEST_CASE("requests in flight are answered, then the process ends with 0", "[operations]") {
    auto const signal_number = GENERATE(SIGTERM, SIGINT);
    server_process server({"--engine", "torch", "--precision", "fp32", "--max-batch-size", "2"});
    auto const request = post_image("/predict?top_k=1", sample_bytes());
    std::vector<std::unique_ptr<connection>> clients;
    for (int i = 0; i < 12; ++i) {
        clients.push_back(std::make_unique<connection>(server.port()));
        clients.back()->send(request);
    }
    connection idle(server.port());
    CHECK(idle.ask(make_request("GET", "/health")).status == 200);
    CHECK(eventually(
        [&] {
            auto const m = server.metrics();
            return m.value("inflight_requests") - 1 + m.sum("http_requests_total", {"endpoint=\"/predict\""}) >= 12;
        },
        patience));
    server.signal(signal_number);
    CHECK(idle.ended(patience));
    for (auto const& client : clients) {
        auto const response = client->read();
        REQUIRE(response.status == 200);
        CHECK(top_name(require_json(response)) == "star");
    }
    CHECK(server.wait_for_exit(patience) == 0);
    CHECK(refuses_connections(server.port()));
}

TEST_CASE("an upload that has begun is finished and answered", "[operations]") {
    server_process server(narrow());
    half_upload upload(server);
    REQUIRE(has_under_way(server, 1));
    server.signal(SIGTERM);
    CHECK(eventually([&] { return refuses_connections(server.port()); }, patience));
    upload.client.send(upload.rest);
    auto const response = upload.client.read();
    INFO(response.body);
    CHECK(response.status == 200);
    CHECK(response.closes());
    CHECK(upload.client.ended(patience));
    CHECK(server.wait_for_exit(patience) == 0);
}

TEST_CASE("during the grace the listener stays open and health says draining", "[operations]") {
    server_process server(narrow({"--drain-grace-ms", "2000"}));
    auto const begin = std::chrono::steady_clock::now();
    server.signal(SIGTERM);
    REQUIRE(server.wait_for_status("draining"));
    auto const health = server.get("/health");
    CHECK(health.status == 503);
    CHECK(require_json(health).at("status").as_string() == "draining");
    auto const response = server.ask(post_image("/predict", sample_bytes()));
    if (response.status != 200) require_error(response, 503, "SHUTTING_DOWN");
    CHECK(server.wait_for_exit(patience) == 0);
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(1'900));
}

TEST_CASE("a client that does not finish holds the drain up for drain_timeout_ms and no longer", "[operations]") {
    server_process server(narrow({"--drain-timeout-ms", "500"}));
    half_upload upload(server);
    REQUIRE(has_under_way(server, 1));
    auto const begin = std::chrono::steady_clock::now();
    server.signal(SIGTERM);
    CHECK(server.wait_for_exit(patience) == 0);
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(400));
}

TEST_CASE("a second signal ends the process at once", "[operations]") {
    server_process server(narrow({"--drain-grace-ms", "60000"}));
    half_upload upload(server);
    REQUIRE(has_under_way(server, 1));
    server.signal(SIGTERM);
    REQUIRE(server.wait_for_status("draining"));
    CHECK_FALSE(server.wait_for_exit(std::chrono::milliseconds(200)));
    server.signal(SIGTERM);
    CHECK(server.wait_for_exit(std::chrono::seconds(scaled(3, 20))));
}

TEST_CASE("a signal while the model is loading ends the process with 0", "[operations]") {
    server_process server(server_process::options{{}, {}, false});
    CHECK(server.stop() == 0);
}
