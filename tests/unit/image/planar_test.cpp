#include "planar.hpp"

#include "catch_result.hpp"
#include "planar_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace sma;
using namespace sma::image;

namespace {

/// Values from -3 to 3 that no two pixels share, and the edges of rounding among them.
std::vector<float> planes(std::size_t pixels) {
    std::vector<float> values(3 * pixels);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = std::fmod(static_cast<float>(i) * 0.3717F, 6.0F) - 3.0F + static_cast<float>(i) * 1e-5F;
    // Halfway between two bf16 values, the lower one even, then odd; and just below that.
    auto const edges = {0x1.01p0F, 0x1.03p0F, 0x1.02fffep0F, -0x1.01p0F, -0x1.03p0F};
    std::copy_n(edges.begin(), std::min(edges.size(), values.size()), values.begin());
    return values;
}

/// The bytes, one off any alignment.
std::string unaligned(std::vector<float> const& values) {
    std::string bytes(1 + values.size() * sizeof(float), 'x');
    std::memcpy(bytes.data() + 1, values.data(), values.size() * sizeof(float));
    return bytes;
}

rgb_planes planes_of(std::string const& unaligned_bytes, std::size_t pixels) {
    auto const* first = reinterpret_cast<std::byte const*>(unaligned_bytes.data() + 1);
    return {{first, first + 4 * pixels, first + 8 * pixels}, pixels};
}

std::uint16_t bf16(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

std::int8_t s8(float value, float scale) {
    return static_cast<std::int8_t>(std::fmin(std::fmax(std::nearbyint(value * (1 / scale)), -128.0F), 127.0F));
}

}  // namespace

TEST_CASE("planes become pixels, in every instruction set and at every length") {
    for (auto const& kernels : all_planar_kernels()) {
        for (std::size_t const pixels : {1U, 3U, 15U, 16U, 17U, 31U, 49U, 224U}) {
            INFO(pixels << " pixels");
            auto const values = planes(pixels);
            auto const bytes = unaligned(values);
            auto const in = planes_of(bytes, pixels);
            std::vector<float> f32(3 * pixels + 1, 77);
            std::vector<std::uint16_t> b16(3 * pixels + 1, 77);
            std::vector<std::int8_t> i8(3 * pixels + 1, 77);
            REQUIRE(kernels.to_f32(in, f32.data()));
            REQUIRE(kernels.to_bf16(in, b16.data()));
            REQUIRE(kernels.to_s8(in, 0.02F, i8.data()));
            std::size_t wrong = 0;
            for (std::size_t i = 0; i < pixels; ++i)
                for (std::size_t c = 0; c < 3; ++c) {
                    auto const value = values[c * pixels + i];
                    auto const at = 3 * i + c;
                    wrong += f32[at] != value || b16[at] != bf16(value) || i8[at] != s8(value, 0.02F) ? 1 : 0;
                }
            CHECK(wrong == 0);
            CHECK(f32.back() == 77);
            CHECK(b16.back() == 77);
            CHECK(i8.back() == 77);
        }
    }
}

TEST_CASE("a value that is not finite is noticed wherever it stands") {
    constexpr std::size_t pixels = 37;
    std::vector<float> out(3 * pixels);
    for (auto const& kernels : all_planar_kernels())
        for (auto const bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity()})
            for (std::size_t at = 0; at < 3 * pixels; ++at) {
                auto values = planes(pixels);
                values[at] = bad;
                auto const bytes = unaligned(values);
                REQUIRE_FALSE(kernels.to_f32(planes_of(bytes, pixels), out.data()));
            }
}

TEST_CASE("a normalized image is as long as the engine's") {
    auto const pool = std::make_shared<tensor_pool>(1);
    auto out = pool->take({2, 2, element_type::f32, 1});
    auto const values = planes(4);
    std::string_view const bytes(reinterpret_cast<char const*>(values.data()), 48);
    REQUIRE(pack_planar(bytes, out));
    auto const* packed = reinterpret_cast<float const*>(out.data());
    CHECK(packed[0] == values[0]);
    CHECK(packed[1] == values[4]);
    CHECK(packed[5] == values[9]);
    CHECK(pack_planar(bytes.substr(1), out).error().code == errc::validation_error);
    CHECK(pack_planar({}, out).error().code == errc::validation_error);
}
