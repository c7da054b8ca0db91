// Tests of the choice between fp32 and bf16.
#include "precision_choice.hpp"

#include "catch.hpp"
#include "comparable_engine.hpp"

using namespace sma;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::comparable_engine;

namespace {

/// fp32 takes 10 ms for an image.
app::precision_choice choose(float bf16_factor, std::chrono::milliseconds bf16_takes, bool fails = false) {
    test::pass_clock clock;
    auto fp32 = std::make_unique<comparable_engine>(1.0F);
    auto bf16 = std::make_unique<comparable_engine>(bf16_factor, element_type::bf16);
    fp32->clock = bf16->clock = &clock;
    bf16->of_one = bf16_takes;
    bf16->of_two = 2 * bf16_takes;
    bf16->fails = fails;
    return app::choose_precision(std::move(fp32), std::move(bf16), [&] { return clock.now; });
}

}  // namespace

TEST_CASE("bf16 runs where it answers alike and is faster", "[precision_choice]") {
    auto const choice = choose(1.01F, 6ms);
    CHECK(choice.engine->describe().precision == "bf16");
    CHECK_THAT(choice.remark.text, ContainsSubstring("auto is bf16") && ContainsSubstring("0.6 of the time"));
    CHECK(!choice.remark.is_warning);
}

TEST_CASE("fp32 runs where bf16 is slower, answers otherwise or fails, and why", "[precision_choice]") {
    auto const slow = choose(1.01F, 12ms);
    CHECK(slow.engine->describe().precision == "fp32");
    CHECK_THAT(slow.remark.text, ContainsSubstring("not bf16") && ContainsSubstring("1.2 of the time"));
    CHECK(choose(1.01F, 10ms).engine->describe().precision == "fp32");
    auto const other = choose(1.5F, 6ms);
    CHECK(other.engine->describe().precision == "fp32");
    CHECK_THAT(other.remark.text, ContainsSubstring("logits for noise are off by"));
    auto const broken = choose(1, 6ms, true);
    CHECK(broken.engine->describe().precision == "fp32");
    CHECK_THAT(broken.remark.text, ContainsSubstring("no such operator"));
}
