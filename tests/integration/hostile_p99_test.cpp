// Measurement of the latency of well-behaved clients beside hostile ones: run it alone on a quiet machine, with [p99].
#include "bodies.hpp"
#include "checks.hpp"
#include "hostile_attacks.hpp"
#include "left_behind.hpp"

#include "catch.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <thread>

using namespace sma::test;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds duration{3};
constexpr double floor_ms = 50;

/// The 99th percentile of how long `ask` takes, for a client that asks again after a pause; infinite if an answer is
/// wrong or none.
template <class Ask>
double p99_ms(Ask ask) try {
    std::vector<double> all;
    auto const end = steady_clock::now() + duration;
    while (steady_clock::now() < end) {
        auto const begin = steady_clock::now();
        if (ask() != 200) return std::numeric_limits<double>::infinity();
        all.push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count());
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    std::sort(all.begin(), all.end());
    return all[all.size() * 99 / 100];
} catch (client_error const&) {
    return std::numeric_limits<double>::infinity();
}

struct figures {
    double health_ms = 0;
    double new_connection_ms = 0;
    double predict_ms = 0;
};

/// Three well-behaved clients side by side.
figures measure(std::uint16_t port) {
    figures f;
    auto const health = make_request("GET", "/health");
    std::thread one([&] {
        connection client(port);
        f.health_ms = p99_ms([&] { return client.ask(health).status; });
    });
    std::thread two([&] { f.new_connection_ms = p99_ms([&] { return ask_once(port, health).status; }); });
    auto const predict = post_image("/predict", sample_bytes());
    connection client(port);
    f.predict_ms = p99_ms([&] { return client.ask(predict).status; });
    one.join();
    two.join();
    return f;
}

/// Attackers share the machine with the server only here: they take what it leaves.
void attack_from_elsewhere(attack const& a, std::uint16_t port, std::atomic<bool> const& stopping) {
    sched_param const parameters{};
    ::sched_setscheduler(0, SCHED_IDLE, &parameters);
    a.run(port, stopping);
}

/// What any program costs the others that computes on the same processors and asks the server for nothing: the
/// yardstick for the rest.
attack neighbor() {
    return {"none, a neighbor computes", [](std::uint16_t, std::atomic<bool> const& stopping) {
                while (!stopping) {
                }
            }};
}

std::vector<attack> neighbor_and_attacks() {
    auto all = all_attacks();
    all.insert(all.begin(), neighbor());
    return all;
}

bool is_fine(double beside_ms, double quiet_ms) { return beside_ms <= std::max(2 * quiet_ms, floor_ms); }

}  // namespace

TEST_CASE("the 99th percentile of other clients, before and beside each attack", "[.][p99]") {
    server_process server({"--max-connections", "12000", "--idle-timeout-ms", "600000"});
    measure(server.port());
    unchanged const before(server);
    std::printf("%-26s %21s %21s %21s\n%-26s %21s %21s %21s\n", "99th percentile, ms", "/health, kept", "/health, new",
                "/predict", "", "quiet    beside", "quiet    beside", "quiet    beside");
    for (auto const& a : neighbor_and_attacks()) {
        auto const quiet = measure(server.port());
        std::atomic<bool> stopping = false;
        std::thread attacker([&] { attack_from_elsewhere(a, server.port(), stopping); });
        std::this_thread::sleep_for(std::chrono::seconds(1));
        auto const beside = measure(server.port());
        stopping = true;
        attacker.join();
        std::printf("%-26s %11.2f %9.2f %11.2f %9.2f %11.2f %9.2f\n", a.name.c_str(), quiet.health_ms, beside.health_ms,
                    quiet.new_connection_ms, beside.new_connection_ms, quiet.predict_ms, beside.predict_ms);
        std::fflush(stdout);
        INFO(a.name);
        CHECK(is_fine(beside.health_ms, quiet.health_ms));
        CHECK(is_fine(beside.new_connection_ms, quiet.new_connection_ms));
        CHECK(is_fine(beside.predict_ms, quiet.predict_ms));
        before.require(64 * mebibyte);
    }
    CHECK(server.stop() == 0);
}
