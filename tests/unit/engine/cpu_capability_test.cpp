#include "sma/engine/cpu_capability.hpp"
#include "sma/engine/precision.hpp"
#include "sma/engine/useful_threads.hpp"

#include <string>

#include "catch_result.hpp"

using namespace sma::engine;

namespace {

cpu_capability cpu(bool bf16, bool int8) {
    return {.instruction_set = "some_isa",
            .has_avx2 = int8,
            .has_avx512 = int8,
            .has_native_bf16 = bf16,
            .has_fast_bf16 = bf16,
            .has_native_int8 = int8};
}

cpu_capability avx2_alone() { return {.instruction_set = "avx2", .has_avx2 = true}; }

}  // namespace

TEST_CASE("this CPU: what it has natively fits its instruction set", "[cpu_capability]") {
    auto const& c = this_cpu();
    CHECK_FALSE(c.instruction_set.empty());
    if (c.has_fast_bf16) CHECK(c.has_native_bf16);
    if (c.has_native_bf16) CHECK(c.has_native_int8);  // no CPU has AVX512-BF16 without VNNI
    if (c.instruction_set == "avx512_core_amx") {
        CHECK(c.has_fast_bf16);
        CHECK_FALSE(c.amx_refused);
    }
}

TEST_CASE("precision: auto takes the best native one, int8 only for quantized weights", "[precision]") {
    auto const automatic = [](bool quantized, cpu_capability const& c) {
        return select_precision(precision::automatic, false, quantized, c).value();
    };
    CHECK(automatic(false, cpu(true, true)) == precision::bf16);
    CHECK(automatic(false, cpu(false, true)) == precision::fp32);
    CHECK(automatic(false, cpu(false, false)) == precision::fp32);
    CHECK(automatic(true, cpu(true, true)) == precision::int8);
    CHECK(automatic(true, cpu(false, true)) == precision::int8);
    CHECK(automatic(true, cpu(false, false)) == precision::int8);
}

TEST_CASE("precision: auto leaves out a bf16 that is slower than fp32, which can still be asked for", "[precision]") {
    auto slow = cpu(true, true);
    slow.has_fast_bf16 = false;
    CHECK(select_precision(precision::automatic, false, false, slow).value() == precision::fp32);
    CHECK(select_precision(precision::bf16, false, false, slow).value() == precision::bf16);
}

TEST_CASE("precision: what the CPU would only emulate is refused unless forced", "[precision]") {
    auto const refused = select_precision(precision::bf16, false, false, cpu(false, true));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == sma::errc::unsupported);
    CHECK(refused.error().message.find("some_isa") != std::string::npos);
    CHECK(refused.error().message.find("--precision-force") != std::string::npos);
    CHECK(refused.error().message.find('\n') == std::string::npos);
    CHECK(select_precision(precision::bf16, true, false, cpu(false, true)).value() == precision::bf16);
    CHECK(select_precision(precision::int8, false, true, cpu(false, false)).value() == precision::int8);
    CHECK(select_precision(precision::fp32, false, true, cpu(false, false)).value() == precision::fp32);
}

TEST_CASE("precision: with AVX2 alone int8 is the best there is, and bf16 is not offered", "[precision]") {
    CHECK(select_precision(precision::automatic, false, true, avx2_alone()).value() == precision::int8);
    CHECK(select_precision(precision::automatic, false, false, avx2_alone()).value() == precision::fp32);
    CHECK(select_precision(precision::int8, false, true, avx2_alone()).value() == precision::int8);
    auto const refused = select_precision(precision::bf16, true, false, avx2_alone());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("avx2") != std::string::npos);
    CHECK(refused.error().message.find("--precision-force") == std::string::npos);
}

TEST_CASE("threads: a pass takes the CPUs that there are, unless more than pay", "[useful_threads]") {
    for (int const cpus : {1, 2, 32}) CHECK(useful_threads(cpus) == cpus);
    CHECK(useful_threads(48) == 32);
    CHECK(useful_threads(192) == 32);
}

TEST_CASE("precision: fp16 is refused on a CPU even if forced", "[precision]") {
    auto const refused = select_precision(precision::fp16, true, false, cpu(true, true));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("device cuda") != std::string::npos);
}

TEST_CASE("precision: int8 of float weights is refused even if forced, and says what to do", "[precision]") {
    auto const refused = select_precision(precision::int8, true, false, cpu(true, true));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("model quantize") != std::string::npos);
}
