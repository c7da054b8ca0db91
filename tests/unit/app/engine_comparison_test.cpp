// Tests of the comparison of two engines of one network.
#include "engine_comparison.hpp"

#include "catch.hpp"
#include "comparable_engine.hpp"

#include <cmath>

using namespace sma;
using namespace std::chrono_literals;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using test::comparable_engine;

TEST_CASE("two engines are compared by the share of the largest logit", "[engine_comparison]") {
    comparable_engine one(1);
    comparable_engine same(1);
    CHECK(app::logit_difference(one, same) == 0);
    CHECK(one.images_seen == 2);
    comparable_engine other(1.5F);
    CHECK(app::logit_difference(other, one) > 0.1);
    CHECK(app::logit_difference(other, one) <= 0.5);
    comparable_engine broken(NAN);
    CHECK(std::isinf(app::logit_difference(broken, one)));
    CHECK(std::isinf(app::logit_difference(one, broken)));
    comparable_engine silent(0);
    CHECK(app::logit_difference(silent, one) > 1e-3);
    CHECK(app::difference_text(0.00125) == "its logits for noise are off by 0.0013 of the largest");
}

TEST_CASE("engines of an untrained network are not taken for equal", "[engine_comparison]") {
    comparable_engine one(1);
    comparable_engine same(1);
    one.is_trained = same.is_trained = false;
    auto const difference = app::logit_difference(one, same);
    CHECK(std::isinf(difference));
    CHECK_THAT(app::difference_text(difference), ContainsSubstring("prove nothing"));
}

TEST_CASE("an engine that takes bf16 sees the images of one that takes f32", "[engine_comparison]") {
    comparable_engine f32(1);
    comparable_engine bf16(1, element_type::bf16);
    CHECK(app::logit_difference(bf16, f32) == 0);
}

TEST_CASE("a comparison leaves no team of threads behind, however it ends", "[engine_comparison]") {
    comparable_engine a(1);
    comparable_engine b(1);
    app::logit_difference(a, b);
    CHECK((!a.has_thread && !b.has_thread));
    test::pass_clock clock;
    a.clock = b.clock = &clock;
    app::time_ratio(a, b, [&] { return clock.now; });
    CHECK((!a.has_thread && !b.has_thread));
    a.fails = true;
    CHECK_THROWS(app::logit_difference(a, b));
    CHECK((!a.has_thread && !b.has_thread));
}

TEST_CASE("engines take turns, and their fastest passes are compared", "[engine_comparison]") {
    test::pass_clock clock;
    comparable_engine a(1);
    comparable_engine b(1);
    a.clock = b.clock = &clock;
    auto const now = [&] { return clock.now; };
    a.of_one = 8ms, a.of_two = 10ms;
    CHECK(app::time_ratio(a, b, now) == Approx(0.8));  // of one image; of two it would be 0.5
    a.of_one = 5ms, a.of_two = 18ms;
    CHECK(app::time_ratio(a, b, now) == Approx(0.9));
    // Slow ones have a turn each.
    a.of_one = b.of_one = 30s, a.of_two = b.of_two = 60s;
    auto const before = clock.now;
    CHECK(app::time_ratio(a, b, now) == Approx(1));
    CHECK(clock.now - before == 180s);
}
