#include "resampler.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace sma;
using namespace sma::image;
using Catch::Approx;

namespace {

// 7 x 5 pixels: not a multiple of any vector's length.
constexpr int height = 5;
constexpr int width = 7;

std::vector<std::uint8_t> every_third_value() {
    std::vector<std::uint8_t> crop(static_cast<std::size_t>(height * width * 3));
    for (std::size_t i = 0; i < crop.size(); ++i) crop[i] = static_cast<std::uint8_t>(i * 255 / (crop.size() - 1));
    return crop;
}

// ToTensor and Normalize, in torchvision's order.
double wanted(preprocess_options const& o, std::vector<std::uint8_t> const& crop, std::size_t i) {
    return (crop[i] / 255.0 - double{o.mean[i % 3]}) / double{o.std[i % 3]};
}

tensor_buffer normalized(preprocess_options const& o, kernels const& set, element_type element, float scale) {
    auto const pool = std::make_shared<tensor_pool>(1);
    auto out = pool->take({height, width, element, scale});
    normalizer(set).write(every_third_value().data(), o, out);
    return out;
}

}  // namespace

TEST_CASE("values are normalized as torchvision does it, in each element type and on each instruction set") {
    preprocess_options o;
    o.mean = {0.5F, 0.25F, 0.1F};
    auto const crop = every_third_value();
    for (auto const& set : all_kernels()) {
        auto const f32 = normalized(o, set, element_type::f32, 1);
        auto const bf16 = normalized(o, set, element_type::bf16, 1);
        auto const s8 = normalized(o, set, element_type::s8, 0.02F);
        for (std::size_t i = 0; i < crop.size(); ++i) {
            double const x = wanted(o, crop, i);
            float real = 0;
            std::memcpy(&real, f32.data() + 4 * i, 4);
            CHECK(double{real} == Approx(x).margin(1e-6));

            std::uint16_t half = 0;
            std::memcpy(&half, bf16.data() + 2 * i, 2);
            std::uint32_t const bits = std::uint32_t{half} << 16;
            std::memcpy(&real, &bits, 4);
            CHECK(std::abs(double{real} - x) <= std::abs(x) / 256 + 1e-6);

            auto const byte = static_cast<std::int8_t>(s8.data()[i]);
            CHECK(int{byte} == static_cast<int>(std::clamp(std::nearbyint(x / 0.02), -128.0, 127.0)));
        }
    }
}

TEST_CASE("a normalizer follows a change of the scale, the mean and the deviation") {
    auto const pool = std::make_shared<tensor_pool>(1);
    preprocess_options options;
    normalizer n;
    std::vector<std::uint8_t> const white(static_cast<std::size_t>(height * width * 3), 255);
    auto small = pool->take({height, width, element_type::s8, 0.1F});
    n.write(white.data(), options, small);
    auto real = pool->take({height, width, element_type::f32, 0.1F});
    n.write(white.data(), options, real);
    float first = 0;
    std::memcpy(&first, real.data(), 4);
    CHECK(int{static_cast<std::int8_t>(small.data()[0])} == 22);
    CHECK(first == Approx(2.2489F).margin(1e-4));

    // Of the next image's model.
    options.mean = {0.5F, 0.5F, 0.5F};
    options.std = {0.25F, 0.5F, 0.5F};
    n.write(white.data(), options, real);
    std::memcpy(&first, real.data(), 4);
    CHECK(first == Approx(2).margin(1e-6));
}
