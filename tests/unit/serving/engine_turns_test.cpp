#include "sma/serving/engine_turns.hpp"

#include "catch_result.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

using namespace sma::serving;
using namespace std::chrono_literals;

namespace {

bool idle() { return false; }

}  // namespace

TEST_CASE("only one model at a time has the engine", "[turns]") {
    auto const turns = std::make_shared<engine_turns>(engine_turns_options{10us, 1ms});
    std::atomic<int> running = 0;
    std::atomic<int> overlaps = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            engine_turns::member mine(turns, idle);
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
    auto const turns = std::make_shared<engine_turns>();
    engine_turns::member first(turns, idle);
    engine_turns::member second(turns, idle);
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
    auto const turns = std::make_shared<engine_turns>();
    auto first = std::make_unique<engine_turns::member>(turns, idle);
    first->begin();
    first.reset();
    engine_turns::member second(turns, idle);
    second.begin();
    CHECK(second.has_turn());
}

TEST_CASE("without turns nobody waits", "[turns]") {
    engine_turns::member one(nullptr, idle);
    one.begin();
    one.end(1h);
    one.yield();
    CHECK(one.has_turn());
}

TEST_CASE("a model whose images come to nothing is waited for once", "[turns]") {
    auto const turns = std::make_shared<engine_turns>(engine_turns_options{10ms, 1ms});
    engine_turns::member slow(turns, [] { return true; });
    engine_turns::member heavy(turns, idle);
    for (int i = 0; i < 3; ++i) {
        heavy.begin();
        heavy.end(1h);
    }
    CHECK_FALSE(heavy.has_turn());
}

TEST_CASE("a light model whose images are decoded meanwhile has the turn after a heavy one", "[turns]") {
    auto const turns = std::make_shared<engine_turns>(engine_turns_options{10ms, 1h});
    std::atomic<bool> coming = true;
    engine_turns::member heavy(turns, idle);
    engine_turns::member light(turns, [&] { return coming.load(); });
    heavy.begin();
    heavy.end(100ms);
    auto waiting = std::async(std::launch::async, [&] { heavy.begin(); });
    light.begin();
    coming = false;
    CHECK(waiting.wait_for(0s) == std::future_status::timeout);
    light.end(5ms);
    CHECK(light.has_turn());
    light.yield();
    waiting.get();
    CHECK(heavy.has_turn());
}

TEST_CASE("in the background nobody waits forever for a turn that others always want", "[turns]") {
    engine_turns_options options;
    options.background_wait = 1ms;
    auto const turns = std::make_shared<engine_turns>(options);
    engine_turns::member served(turns, idle);
    engine_turns::member shadow(turns, idle, engine_turns::priority::background);
    served.begin();
    shadow.begin();
    CHECK_FALSE(shadow.has_turn());
    served.yield();
    shadow.begin();
    CHECK(shadow.has_turn());
}
