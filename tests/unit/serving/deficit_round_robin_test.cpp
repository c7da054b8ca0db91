#include "deficit_round_robin.hpp"

#include "catch_result.hpp"

#include <optional>
#include <vector>

using namespace sma::serving;
using namespace std::chrono_literals;
using Catch::Approx;

namespace {

using nanoseconds = std::chrono::nanoseconds;
using priority = deficit_round_robin::priority;
using wish = deficit_round_robin::wish;

// The next one has its turn.
std::optional<std::size_t> take_next(deficit_round_robin& order) {
    auto const next = order.next();
    if (next) order.set_wish(*next, wish::nothing);
    return next;
}

// Shares of the time that members have whose turns take `turn_times` and who always want another one.
std::vector<double> shares(nanoseconds quantum, std::vector<nanoseconds> const& turn_times) {
    deficit_round_robin order(quantum);
    for (std::size_t i = 0; i < turn_times.size(); ++i) order.set_wish(order.add(priority::normal), wish::now);
    constexpr nanoseconds in_all = 1'000s;
    nanoseconds passed{0};
    std::vector<double> had(turn_times.size());
    while (passed < in_all) {
        auto const next = take_next(order).value();
        for (bool goes_on = true; goes_on;) {
            passed += turn_times[next];
            had[next] += static_cast<double>(turn_times[next].count()) / static_cast<double>(in_all.count());
            goes_on = order.charge(next, turn_times[next]);
        }
        order.set_wish(next, wish::now);
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
    CHECK_FALSE(take_next(order));
    auto const one = order.add(priority::normal);
    CHECK_FALSE(take_next(order));
    order.set_wish(one, wish::now);
    CHECK(take_next(order) == one);
    CHECK_FALSE(take_next(order));
}

TEST_CASE("a member that is alone has every turn, whatever it owes", "[turns]") {
    deficit_round_robin order(10ms);
    order.add(priority::normal);
    auto const alone = order.add(priority::normal);
    for (int i = 0; i < 10; ++i) {
        order.set_wish(alone, wish::now);
        REQUIRE(take_next(order) == alone);
        CHECK_FALSE(order.charge(alone, 500ms));
    }
}

TEST_CASE("a turn goes on until its time is used", "[turns]") {
    deficit_round_robin order(10ms);
    auto const one = order.add(priority::normal);
    order.set_wish(one, wish::now);
    REQUIRE(take_next(order) == one);
    CHECK(order.charge(one, 4ms));
    CHECK(order.charge(one, 4ms));
    CHECK_FALSE(order.charge(one, 4ms));
}

TEST_CASE("who pauses keeps what it owes, not what it had left", "[turns]") {
    deficit_round_robin order(10ms);
    auto const heavy = order.add(priority::normal);
    auto const light = order.add(priority::normal);
    order.set_wish(heavy, wish::now);
    REQUIRE(take_next(order) == heavy);
    order.charge(heavy, 95ms);
    order.forfeit(heavy);

    order.set_wish(heavy, wish::now);
    nanoseconds had{0};
    for (order.set_wish(light, wish::now); take_next(order) == light; order.set_wish(light, wish::now)) {
        order.charge(light, 10ms);
        had += 10ms;
    }
    CHECK(had >= 80ms);
    CHECK(had <= 100ms);

    order.set_wish(light, wish::nothing);
    order.forfeit(heavy);  // of the 5 ms that are left
    order.set_wish(heavy, wish::now);
    REQUIRE(take_next(order) == heavy);
    CHECK_FALSE(order.charge(heavy, 10ms));
}

TEST_CASE("the background has what nobody else wants, and gives way", "[turns]") {
    deficit_round_robin order(10ms);
    auto const shadow = order.add(priority::background);
    auto const served = order.add(priority::normal);
    order.set_wish(shadow, wish::now);
    order.set_wish(served, wish::now);
    for (int i = 0; i < 10; ++i) {
        REQUIRE(take_next(order) == served);
        order.charge(served, 20ms);
        order.set_wish(served, wish::now);
    }
    order.set_wish(served, wish::nothing);
    REQUIRE(take_next(order) == shadow);
    CHECK(order.charge(shadow, 1ms));
    order.set_wish(served, wish::now);
    CHECK_FALSE(order.charge(shadow, 1ms));
    CHECK(take_next(order) == served);
}

TEST_CASE("the background waits for who is about to want a turn", "[turns]") {
    deficit_round_robin order(10ms);
    auto const shadow = order.add(priority::background);
    auto const served = order.add(priority::normal);
    order.set_wish(shadow, wish::now);
    order.set_wish(served, wish::soon);
    CHECK(order.next() == served);
    order.set_wish(served, wish::nothing);
    CHECK(order.next() == shadow);
    // But nobody waits for the background.
    order.set_wish(shadow, wish::soon);
    order.set_wish(served, wish::now);
    CHECK(order.next() == served);
}

TEST_CASE("who has left has no turn", "[turns]") {
    deficit_round_robin order(10ms);
    auto const one = order.add(priority::normal);
    auto const other = order.add(priority::normal);
    order.set_wish(one, wish::now);
    order.set_wish(other, wish::now);
    order.remove(one);
    CHECK(take_next(order) == other);
    CHECK_FALSE(take_next(order));
}

TEST_CASE("who is about to want its turn is waited for", "[turns]") {
    deficit_round_robin order(10ms);
    auto const heavy = order.add(priority::normal);
    auto const light = order.add(priority::normal);
    order.set_wish(heavy, wish::now);
    REQUIRE(take_next(order) == heavy);
    order.charge(heavy, 100ms);
    order.set_wish(heavy, wish::now);
    order.set_wish(light, wish::soon);
    for (int i = 0; i < 3; ++i) CHECK(order.next() == light);
    order.set_wish(light, wish::now);
    CHECK(order.next() == light);
    order.set_wish(light, wish::nothing);
    CHECK(order.next() == heavy);
}

TEST_CASE("nobody is waited for while nobody wants a turn now", "[turns]") {
    deficit_round_robin order(10ms);
    order.set_wish(order.add(priority::normal), wish::soon);
    CHECK_FALSE(order.next());
}
