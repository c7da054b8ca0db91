#include "sma/core/cpu_arbiter.hpp"

#include "catch_result.hpp"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace sma;
using namespace std::chrono_literals;

TEST_CASE("images are decoded side by side", "[cpu_arbiter]") {
    cpu_arbiter turns({1h, 1h});
    cpu_arbiter::decoding const one(&turns);
    cpu_arbiter::decoding const two(&turns);
    SUCCEED();
}

TEST_CASE("without turns nobody waits", "[cpu_arbiter]") {
    cpu_arbiter::pass const running(nullptr);
    cpu_arbiter::decoding const beside(nullptr);
    SUCCEED();
}

TEST_CASE("an image waits for the pass, a pass for the images", "[cpu_arbiter]") {
    cpu_arbiter turns({1h, 1h});
    auto pass = std::make_unique<cpu_arbiter::pass>(&turns);
    auto decoding = std::async(std::launch::async, [&] { return std::make_unique<cpu_arbiter::decoding>(&turns); });
    CHECK(decoding.wait_for(0s) == std::future_status::timeout);
    pass.reset();
    auto held = decoding.get();
    auto next = std::async(std::launch::async, [&] { return std::make_unique<cpu_arbiter::pass>(&turns); });
    CHECK(next.wait_for(0s) == std::future_status::timeout);
    held.reset();
    CHECK(next.get());
}

TEST_CASE("a pass that hangs does not stop decoding, nor a huge image passes", "[cpu_arbiter]") {
    cpu_arbiter turns({1ms, 1ms});
    cpu_arbiter::pass const hanging(&turns);
    cpu_arbiter::decoding const huge(&turns);
    cpu_arbiter::pass const next(&turns);
    SUCCEED();
}

TEST_CASE("passes and images never overlap", "[cpu_arbiter]") {
    cpu_arbiter turns({1h, 1h});
    std::atomic<int> decoding = 0;
    std::atomic<int> passes = 0;
    std::atomic<int> overlaps = 0;
    auto const decode = [&] {
        for (int i = 0; i < 2'000; ++i) {
            cpu_arbiter::decoding const turn(&turns);
            ++decoding;
            if (passes > 0) ++overlaps;
            --decoding;
        }
    };
    auto const run_passes = [&] {
        for (int i = 0; i < 500; ++i) {
            cpu_arbiter::pass const turn(&turns);
            ++passes;
            if (decoding > 0) ++overlaps;
            --passes;
        }
    };
    std::vector<std::thread> threads;
    threads.emplace_back(decode);
    threads.emplace_back(decode);
    threads.emplace_back(run_passes);
    for (auto& t : threads) t.join();
    CHECK(overlaps == 0);
}
