// Overload test at four times the server's capacity: admitted requests succeed, the rest is refused at once.
#include "bodies.hpp"
#include "checks.hpp"
#include "load_generator.hpp"
#include "scale.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include "catch.hpp"

#include <sched.h>
#include <algorithm>
#include <mutex>
#include <thread>

using namespace sma::test;
using std::chrono::steady_clock;

namespace {

struct counts {
    int succeeded = 0;
    int refused = 0;  ///< 503 with Retry-After
    int late = 0;     ///< 504
    int other = 0;    ///< anything else, broken connections included
    std::vector<double> refusal_ms;
    double seconds = 0;

    double goodput() const { return succeeded / seconds; }
    double refusal_quantile_ms(double q) const {
        if (refusal_ms.empty()) return 0;
        auto sorted = refusal_ms;
        std::sort(sorted.begin(), sorted.end());
        return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
    }
    void add(counts const& o) {
        succeeded += o.succeeded;
        refused += o.refused;
        late += o.late;
        other += o.other;
        refusal_ms.insert(refusal_ms.end(), o.refusal_ms.begin(), o.refusal_ms.end());
        seconds += o.seconds;
    }
};

/// Clients share the machine with the server only here: at least they do not interrupt it whenever they wake up.
void load_from_elsewhere() {
    sched_param const parameters{};
    sched_setscheduler(0, SCHED_BATCH, &parameters);
}

/// What `clients` connections get that ask again as soon as they are answered: answers a second.
counts closed_loop(std::uint16_t port, int clients, std::chrono::milliseconds duration) {
    counts all;
    std::mutex mutex;
    std::vector<std::thread> threads;
    auto const request = post_image("/predict?top_k=1", sample_bytes());
    auto const begin = steady_clock::now();
    auto const run = [&] {
        load_from_elsewhere();
        counts mine;
        try {
            connection client(port);
            while (steady_clock::now() < begin + duration)
                ++(client.ask(request).status == 200 ? mine.succeeded : mine.other);
        } catch (client_error const&) {
            ++mine.other;
        }
        std::lock_guard const lock(mutex);
        all.add(mine);
    };
    for (int i = 0; i < clients; ++i) threads.emplace_back(run);
    for (auto& t : threads) t.join();
    all.seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
    return all;
}

/// `rate` requests a second, whatever becomes of those before them.
counts open_loop(std::uint16_t port, double rate, std::chrono::milliseconds duration) {
    sma::bench::load_options o;
    o.port = port;
    o.rate = rate;
    o.seconds = std::chrono::duration<double>(duration).count();
    o.grace = 20;
    o.connections = 96;
    o.tick = std::chrono::milliseconds(2);  // spares the processors that the server needs as well
    boost::asio::io_context io{1};
    sma::bench::load_generator generator(io, o, {post_image("/predict?top_k=1", sample_bytes())});
    std::thread([&] {
        load_from_elsewhere();
        boost::asio::co_spawn(io, generator.run(), boost::asio::detached);
        io.run();
    }).join();
    counts all;
    all.seconds = o.seconds;
    for (auto const& r : generator.records()) {
        if (r.status == 200) {
            ++all.succeeded;
        } else if (r.status == 503 && r.retry_after) {
            ++all.refused;
            all.refusal_ms.push_back(std::chrono::duration<double, std::milli>(r.done - r.started).count());
        } else {
            ++(r.status == 504 ? all.late : all.other);
        }
    }
    return all;
}

/// Overload for `duration`; goodput must stay above `share` of the peak, and `quantile` of the refusals be under
/// `refusal_ms_max`.
void overload(std::chrono::milliseconds duration, double share, double quantile, double refusal_ms_max) {
    server_process server({"--max-queue-size", "32", "--default-timeout-ms", "20000"});
    closed_loop(server.port(), 8, std::chrono::seconds(1));
    auto peak = closed_loop(server.port(), 16, duration / 3);
    REQUIRE(peak.succeeded > 0);
    open_loop(server.port(), 4 * peak.goodput(), std::chrono::seconds(1));
    auto const before = server.stats();
    auto const now = open_loop(server.port(), 4 * peak.goodput(), duration);
    auto const after = server.stats();
    // On both sides of the overload, so that a machine that drifts counts for nothing.
    peak.add(closed_loop(server.port(), 16, duration / 3));
    CHECK(peak.other == 0);
    WARN("peak " << peak.goodput() << "/s; overloaded: goodput " << now.goodput() << "/s, refused " << now.refused
                 << " (" << quantile << " quantile " << now.refusal_quantile_ms(quantile) << " ms), late " << now.late
                 << ", resident " << before.resident_bytes / 1'000'000 << " -> " << after.resident_bytes / 1'000'000
                 << " MB");
    CHECK(now.other == 0);
    CHECK(now.late == 0);
    CHECK(now.refused > 0);
    CHECK(now.goodput() >= share * peak.goodput());
    CHECK(now.refusal_quantile_ms(quantile) < refusal_ms_max);
    CHECK(after.threads == before.threads);
    if (!under_sanitizer) CHECK(after.resident_bytes <= before.resident_bytes + 32'000'000);
    require_idle(server);
    CHECK(server.stop() == 0);
}

}  // namespace

TEST_CASE("four times the sustainable rate for a few seconds", "[overload]") {
    overload(std::chrono::seconds(scaled(4, 3)), 0.4, 0.5, scaled(250, 2'000));
}

TEST_CASE("four times the sustainable rate for half a minute", "[.][load]") {
    overload(std::chrono::seconds(30), 0.95, 0.99, 50);
}
