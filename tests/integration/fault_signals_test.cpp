// Fault tests of signal storms: reloads are merged, nothing grows, every request is served, and the exit status names
// the signal that ended the process.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"
#include "steady_load.hpp"

#include "catch.hpp"

#include <csignal>
#include <thread>

using namespace sma::test;

namespace {

double loads(server_process const& server) { return server.metrics().value("model_loads_total"); }

bool is_reloading(server_process const& server) {
    return server.metrics().value("model_state{state=\"reloading\"}") == 1;
}

/// Each number so many times, mixed.
void storm(server_process const& server, std::vector<int> const& numbers, int times) {
    for (int i = 0; i < times; ++i) {
        for (int const number : numbers) server.signal(number);
        // Signals of one number that nobody has taken yet are one: some of the storm must get through.
        if (i % 16 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
}

/// Of a server whose loads have come to their end.
double loads_after_the_storm(server_process const& server) {
    double before = -1;
    eventually(
        [&] {
            bool const quiet = !is_reloading(server) && loads(server) == before;
            before = loads(server);
            if (!quiet) std::this_thread::sleep_for(std::chrono::milliseconds(300));
            return quiet;
        },
        3 * patience);
    return before;
}

}  // namespace

TEST_CASE("a storm of signals: reloads are merged and everybody is served", "[faults][reloads]") {
    // A load has to take a while for a storm to be merged; for each batch size would be too long.
    server_process server({"--max-batch-size", "1"});
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    auto const before = server.stats();
    steady_load load(server.port(), 1);
    auto const begin = std::chrono::steady_clock::now();
    storm(server, {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH, SIGCHLD, SIGURG, SIGCONT}, scaled(5'000, 1'000));
    std::chrono::duration<double> const lasted = std::chrono::steady_clock::now() - begin;
    CHECK(eventually([&] { return loads(server) >= 2; }, patience));
    auto const loaded = loads_after_the_storm(server);
    // One that runs, one that waits; a load takes longer than a tenth of a second.
    CHECK(loaded <= 4 + 10 * lasted.count());
    CHECK(server.get("/health").status == 200);
    auto const answered = load.answered();
    CHECK(eventually([&] { return load.answered() > answered; }, patience));
    load.stop();
    CHECK(load.lost() == 0);
    auto const after = server.stats();
    CHECK(after.descriptors <= before.descriptors + 1);
    if (!under_sanitizer) CHECK(after.resident_bytes <= before.resident_bytes + 160 * 1024 * 1024);
    require_idle(server);
    CHECK(server.stop() == 0);
}

TEST_CASE("SIGTERM in a storm of reloads ends the process with 0", "[faults][reloads]") {
    for (int i = 0; i < scaled(3, 2); ++i) {
        server_process server(narrow());
        storm(server, {SIGHUP, SIGUSR1}, 500);
        server.signal(SIGTERM);
        // Until the very end: a signal that nobody handles any more would make up the exit status.
        std::optional<int> status;
        eventually(
            [&] {
                storm(server, {SIGHUP, SIGUSR1, SIGPIPE, SIGUSR2}, 20);
                status = server.wait_for_exit(std::chrono::milliseconds(0));
                return status.has_value();
            },
            patience);
        REQUIRE(status);
        REQUIRE(*status == 0);
    }
}

TEST_CASE("SIGTERM twice at once ends the process, and its status says how", "[faults]") {
    server_process server(narrow({"--drain-grace-ms", "60000"}));
    connection client(server.port());
    client.send("GET /health HTTP/1.1\r\n");
    server.signal(SIGTERM);
    REQUIRE(server.wait_for_status("draining"));
    server.signal(SIGINT);
    CHECK(server.wait_for_exit(patience) == 128 + SIGINT);
}

TEST_CASE("signals from the first moment on do not keep a server from starting", "[faults]") {
    server_process server(server_process::options{narrow(), {}, false});
    storm(server, {SIGHUP, SIGUSR1}, 300);
    REQUIRE(server.wait_for_status("healthy"));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    CHECK(server.stop() == 0);
}
