#include "sma/core/core_turns.hpp"

#include "catch_result.hpp"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace sma;
using namespace std::chrono_literals;

TEST_CASE("images are decoded side by side", "[core_turns]") {
    core_turns turns({1h, 1h});
    core_turns::decoding const one(&turns);
    core_turns::decoding const two(&turns);
    SUCCEED();
}

TEST_CASE("without turns nobody waits", "[core_turns]") {
    core_turns::pass const running(nullptr);
    core_turns::decoding const beside(nullptr);
    SUCCEED();
}

TEST_CASE("an image waits for the pass, a pass for the images", "[core_turns]") {
    core_turns turns({1h, 1h});
    auto pass = std::make_unique<core_turns::pass>(&turns);
    auto decoding = std::async(std::launch::async, [&] { return std::make_unique<core_turns::decoding>(&turns); });
    CHECK(decoding.wait_for(0s) == std::future_status::timeout);
    pass.reset();
    auto held = decoding.get();
    auto next = std::async(std::launch::async, [&] { return std::make_unique<core_turns::pass>(&turns); });
    CHECK(next.wait_for(0s) == std::future_status::timeout);
    held.reset();
    CHECK(next.get());
}

TEST_CASE("a pass that hangs does not stop decoding, nor a huge image passes", "[core_turns]") {
    core_turns turns({1ms, 1ms});
    core_turns::pass const hanging(&turns);
    core_turns::decoding const huge(&turns);
    core_turns::pass const next(&turns);
    SUCCEED();
}

TEST_CASE("passes and images never overlap", "[core_turns]") {
    core_turns turns({1h, 1h});
    std::atomic<int> decoding = 0;
    std::atomic<int> passes = 0;
    std::atomic<int> overlaps = 0;
    auto const decode = [&] {
        for (int i = 0; i < 2'000; ++i) {
            core_turns::decoding const turn(&turns);
            ++decoding;
            if (passes > 0) ++overlaps;
            --decoding;
        }
    };
    auto const run_passes = [&] {
        for (int i = 0; i < 500; ++i) {
            core_turns::pass const turn(&turns);
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
