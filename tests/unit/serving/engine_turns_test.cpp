#include "sma/serving/engine_turns.hpp"

#include "catch_result.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

using namespace sma::serving;
using namespace std::chrono_literals;

TEST_CASE("only one model at a time has the engine", "[turns]") {
    auto const turns = std::make_shared<engine_turns>(10us);
    std::atomic<int> running = 0;
    std::atomic<int> overlaps = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            engine_turns::member mine(turns);
            for (int pass = 0; pass < 2'000; ++pass) {
                mine.begin();
                if (++running > 1) ++overlaps;
                --running;
                mine.end(3us);
                if (pass % 7 == 0) mine.yield();
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(overlaps == 0);
}

TEST_CASE("a model waits for the end of another's turn", "[turns]") {
    auto const turns = std::make_shared<engine_turns>(10ms);
    engine_turns::member first(turns);
    engine_turns::member second(turns);
    first.begin();
    auto waiting = std::async(std::launch::async, [&] { second.begin(); });
    first.end(4ms);
    CHECK(first.has_turn());
    first.begin();
    CHECK(waiting.wait_for(0s) == std::future_status::timeout);
    first.yield();
    CHECK_FALSE(first.has_turn());
    waiting.get();
    CHECK(second.has_turn());
}

TEST_CASE("who leaves in its turn gives it up", "[turns]") {
    auto const turns = std::make_shared<engine_turns>(10ms);
    auto first = std::make_unique<engine_turns::member>(turns);
    first->begin();
    first.reset();
    engine_turns::member second(turns);
    second.begin();
    CHECK(second.has_turn());
}

TEST_CASE("without turns nobody waits", "[turns]") {
    engine_turns::member one(nullptr);
    one.begin();
    one.end(1h);
    one.yield();
    CHECK(one.has_turn());
}
