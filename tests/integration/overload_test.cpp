// Four times what the server can do: what it takes on succeeds, the rest is refused at once.
#include "bodies.hpp"
#include "checks.hpp"
#include "scale.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
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
    }
};

void ask_once_more(connection& client, std::string const& request, counts& mine) {
    auto const begin = steady_clock::now();
    auto const response = client.ask(request);
    auto const ms = std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
    if (response.status == 200) {
        ++mine.succeeded;
    } else if (response.status == 503 && response.has("Retry-After")) {
        ++mine.refused;
        mine.refusal_ms.push_back(ms);
    } else {
        ++(response.status == 504 ? mine.late : mine.other);
    }
}

/// `clients` connections, together `rate` requests a second (0: each asks again as soon as it is answered).
counts drive(std::uint16_t port, int clients, double rate, std::chrono::milliseconds duration) {
    counts all;
    std::mutex mutex;
    std::vector<std::thread> threads;
    auto const request = post_image("/predict?top_k=1", sample_bytes());
    auto const begin = steady_clock::now();
    auto const end = begin + duration;
    std::atomic<int> next = 0;
    auto const run = [&] {
        counts mine;
        try {
            connection client(port);
            while (steady_clock::now() < end) {
                if (rate > 0) {
                    auto const due = begin + std::chrono::duration_cast<steady_clock::duration>(
                                                 std::chrono::duration<double>(next++ / rate));
                    if (due >= end) break;
                    std::this_thread::sleep_until(due);
                }
                ask_once_more(client, request, mine);
            }
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

/// Overload for `duration`; goodput must stay above `share` of the peak, and `quantile` of the refusals be under
/// `refusal_ms_max`.
void overload(std::chrono::milliseconds duration, double share, double quantile, double refusal_ms_max) {
    server_process server({"--max-queue-size", "32", "--default-timeout-ms", "20000"});
    drive(server.port(), 8, 0, std::chrono::seconds(1));
    auto const peak = drive(server.port(), 16, 0, duration / 3);
    REQUIRE(peak.succeeded > 0);
    CHECK(peak.other == 0);
    drive(server.port(), 96, 4 * peak.goodput(), std::chrono::seconds(1));
    auto const before = server.stats();
    auto const now = drive(server.port(), 96, 4 * peak.goodput(), duration);
    auto const after = server.stats();
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
    overload(std::chrono::seconds(scaled(6, 3)), 0.4, 0.5, scaled(250, 2'000));
}

TEST_CASE("four times the sustainable rate for half a minute", "[.][load]") {
    overload(std::chrono::seconds(30), 0.95, 0.99, 50);
}
