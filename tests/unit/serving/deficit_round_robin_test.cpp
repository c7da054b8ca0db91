#include "deficit_round_robin.hpp"

#include "catch_result.hpp"

#include <vector>

using namespace sma::serving;
using namespace std::chrono_literals;
using Catch::Approx;

namespace {

using nanoseconds = std::chrono::nanoseconds;
using priority = deficit_round_robin::priority;

// Shares of the time that members have whose turns take `turn_times` and who always want another one.
std::vector<double> shares(nanoseconds quantum, std::vector<nanoseconds> const& turn_times) {
    deficit_round_robin order(quantum);
    for (std::size_t i = 0; i < turn_times.size(); ++i) order.set_waiting(order.add(priority::normal), true);
    constexpr nanoseconds in_all = 1'000s;
    nanoseconds passed{0};
    std::vector<double> had(turn_times.size());
    while (passed < in_all) {
        auto const next = order.take_next().value();
        for (bool goes_on = true; goes_on;) {
            passed += turn_times[next];
            had[next] += static_cast<double>(turn_times[next].count()) / static_cast<double>(in_all.count());
            goes_on = order.charge(next, turn_times[next]);
        }
        order.set_waiting(next, true);
    }
    return had;
}

}  // namespace

TEST_CASE("a heavy and a light model have half of the time each", "[turns]") {
    auto const had = shares(10ms, {80ms, 3ms});
    CHECK(had[0] == Approx(0.5).margin(0.01));
    CHECK(had[1] == Approx(0.5).margin(0.01));
}

TEST_CASE("three models have a third each, whatever their passes take", "[turns]") {
    for (auto const one : shares(10ms, {1ms, 250ms, 25ms})) CHECK(one == Approx(1.0 / 3).margin(0.01));
}

TEST_CASE("nobody has a turn that nobody waits for", "[turns]") {
    deficit_round_robin order(10ms);
    CHECK_FALSE(order.take_next());
    auto const one = order.add(priority::normal);
    CHECK_FALSE(order.take_next());
    order.set_waiting(one, true);
    CHECK(order.take_next() == one);
    CHECK_FALSE(order.take_next());
}

TEST_CASE("a member that is alone has every turn, whatever it owes", "[turns]") {
    deficit_round_robin order(10ms);
    order.add(priority::normal);
    auto const alone = order.add(priority::normal);
    for (int i = 0; i < 10; ++i) {
        order.set_waiting(alone, true);
        REQUIRE(order.take_next() == alone);
        CHECK_FALSE(order.charge(alone, 500ms));
    }
}

TEST_CASE("a turn goes on until its time is used", "[turns]") {
    deficit_round_robin order(10ms);
    auto const one = order.add(priority::normal);
    order.set_waiting(one, true);
    REQUIRE(order.take_next() == one);
    CHECK(order.charge(one, 4ms));
    CHECK(order.charge(one, 4ms));
    CHECK_FALSE(order.charge(one, 4ms));
}

TEST_CASE("who pauses keeps what it owes, not what it had left", "[turns]") {
    deficit_round_robin order(10ms);
    auto const heavy = order.add(priority::normal);
    auto const light = order.add(priority::normal);
    order.set_waiting(heavy, true);
    REQUIRE(order.take_next() == heavy);
    order.charge(heavy, 95ms);
    order.forfeit(heavy);

    order.set_waiting(heavy, true);
    nanoseconds had{0};
    for (order.set_waiting(light, true); order.take_next() == light; order.set_waiting(light, true)) {
        order.charge(light, 10ms);
        had += 10ms;
    }
    CHECK(had >= 80ms);
    CHECK(had <= 100ms);

    order.set_waiting(light, false);
    order.forfeit(heavy);  // of the 5 ms that are left
    order.set_waiting(heavy, true);
    REQUIRE(order.take_next() == heavy);
    CHECK_FALSE(order.charge(heavy, 10ms));
}

TEST_CASE("the background has what nobody else wants, and gives way", "[turns]") {
    deficit_round_robin order(10ms);
    auto const shadow = order.add(priority::background);
    auto const served = order.add(priority::normal);
    order.set_waiting(shadow, true);
    order.set_waiting(served, true);
    for (int i = 0; i < 10; ++i) {
        REQUIRE(order.take_next() == served);
        order.charge(served, 20ms);
        order.set_waiting(served, true);
    }
    order.set_waiting(served, false);
    REQUIRE(order.take_next() == shadow);
    CHECK(order.charge(shadow, 1ms));
    order.set_waiting(served, true);
    CHECK_FALSE(order.charge(shadow, 1ms));
    CHECK(order.take_next() == served);
}

TEST_CASE("who has left has no turn", "[turns]") {
    deficit_round_robin order(10ms);
    auto const one = order.add(priority::normal);
    auto const other = order.add(priority::normal);
    order.set_waiting(one, true);
    order.set_waiting(other, true);
    order.remove(one);
    CHECK(order.take_next() == other);
    CHECK_FALSE(order.take_next());
}
