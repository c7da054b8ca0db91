#include "activation_map.hpp"

#include <bit>
#include <cstdint>

namespace sma::engine {
namespace {

struct bf16 {
    std::uint16_t bits;
};

float real(float v) { return v; }
float real(bf16 v) { return std::bit_cast<float>(static_cast<std::uint32_t>(v.bits) << 16); }
float real(std::uint8_t v) { return v; }
float real(std::int8_t v) { return v; }

/// Calls `work` with the stored values as what they are.
template <class Work>
void with_type(value_type type, std::byte const* stored, Work work) {
    switch (type) {
        case value_type::f32:
            return work(reinterpret_cast<float const*>(stored));
        case value_type::bf16:
            return work(reinterpret_cast<bf16 const*>(stored));
        case value_type::s8:
            return work(reinterpret_cast<std::int8_t const*>(stored));
        case value_type::u8:
            return work(reinterpret_cast<std::uint8_t const*>(stored));
    }
}

template <class T>
float sum_of_products(T const* values, float const* weights, std::ptrdiff_t count) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::ptrdiff_t c = 0; c < count; ++c) sum += real(values[c]) * weights[c];
    return sum;
}

}  // namespace

void read_values(value_plan const& v, std::byte const* stored, std::span<float> to) {
    with_type(v.type, stored, [&](auto const* values) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = real(values[i]) * v.scale;
    });
}

void activation_map(value_plan const& v, std::byte const* stored, std::span<float const> weights, std::span<float> to) {
    auto const positions = static_cast<std::ptrdiff_t>(to.size());
    auto const channels = static_cast<std::ptrdiff_t>(v.channels);
    with_type(v.type, stored, [&](auto const* values) {
#pragma omp parallel for schedule(static)
        for (std::ptrdiff_t p = 0; p < positions; ++p)
            to[static_cast<std::size_t>(p)] =
                sum_of_products(values + p * channels, weights.data(), channels) * v.scale;
    });
}

}  // namespace sma::engine
