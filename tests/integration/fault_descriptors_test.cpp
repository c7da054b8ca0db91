// Fault tests without file descriptors: open connections are served, new ones wait, and the log says so once.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "left_behind.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <sys/resource.h>

#include <csignal>

using namespace sma::test;

namespace {

rlim_t limit_descriptors(pid_t id, rlim_t most) {
    rlimit before{};
    REQUIRE(::prlimit(id, RLIMIT_NOFILE, nullptr, &before) == 0);
    rlimit const now{std::min(most, before.rlim_max), before.rlim_max};
    REQUIRE(::prlimit(id, RLIMIT_NOFILE, &now, nullptr) == 0);
    return before.rlim_cur;
}

std::size_t complaints(server_process const& server) { return server.times_printed("cannot accept connections"); }

double failures(connection& client) {
    return metrics_reader(client.ask(make_request("GET", "/metrics")).body).value("model_load_failures_total");
}

}  // namespace

TEST_CASE("a server without descriptors serves whom it has, and the others later", "[faults]") {
    server_process server(narrow({"--header-timeout-ms", "60000"}));
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
    // Under a sanitizer the server ends if its first JPEG comes while there are no descriptors.
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    unchanged const before(server);
    connection kept(server.port());
    CHECK(kept.ask(make_request("GET", "/health")).status == 200);
    auto const usual = limit_descriptors(server.id(), server.stats().descriptors + 10);

    // They are no longer idle, so that none has to go.
    std::vector<connection> half;
    for (int i = 0; i < 30; ++i) {
        half.emplace_back(server.port());
        half.back().send("GET /health HTTP/1.1\r\nHost: a\r\n");
    }
    // Asked again and again: a connection that is idle for a second makes room.
    REQUIRE(eventually(
        [&] {
            CHECK(kept.ask(make_request("GET", "/health")).status == 200);
            return complaints(server) >= 1;
        },
        patience));
    connection late(server.port());
    late.send(post_image("/predict", tiny_gif));
    for (int i = 0; i < 6; ++i) {
        CHECK(kept.ask(make_request("GET", "/health")).status == 200);
        CHECK_FALSE(late.ended(std::chrono::milliseconds(250)));
    }
    require_prediction(kept.ask(post_image("/predict", sample_bytes())), 5);

    server.signal(SIGHUP);
    CHECK(eventually([&] { return failures(kept) == 1; }, patience));
    CHECK(kept.ask(make_request("GET", "/health")).status == 200);
    require_prediction(kept.ask(post_image("/predict", sample_bytes())), 5);

    limit_descriptors(server.id(), usual);
    require_prediction(late.read(), 5);
    for (auto& client : half) CHECK(client.ask("\r\n").status == 200);
    CHECK(complaints(server) <= 2);  // one every ten seconds
    half.clear();
    kept.reset();
    late.reset();
    before.require(48 * mebibyte);
    CHECK(server.stop() == 0);
}

TEST_CASE("without descriptors, idle connections make room for new ones", "[faults]") {
    server_process server(narrow({"--idle-timeout-ms", "600000"}));
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
    unchanged const before(server);
    auto const usual = limit_descriptors(server.id(), server.stats().descriptors + 5);
    std::vector<connection> clients;
    for (int i = 0; i < 12; ++i) clients.emplace_back(server.port());
    // One goes a second after it came, and so on.
    CHECK(server.get("/health").status == 200);
    limit_descriptors(server.id(), usual);
    clients.clear();
    before.require(48 * mebibyte);
}

TEST_CASE("a server raises its limit of descriptors as far as it may", "[faults]") {
    // What it starts with is this process's own.
    auto const usual = limit_descriptors(0, 1'024);
    server_process const server(narrow());
    limit_descriptors(0, usual);
    rlimit limit{};
    REQUIRE(::prlimit(server.id(), RLIMIT_NOFILE, nullptr, &limit) == 0);
    CHECK(limit.rlim_cur >= std::min<rlim_t>(limit.rlim_max, 10'000));
}
