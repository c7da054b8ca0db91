#include "int8_weights.hpp"

#include "direct_convolution.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

namespace sma::engine {
namespace {

constexpr int quad_values = tile_columns * quad;

/// u8 times s8, twice, in 16 bits: 255 * 128 fits, 255 * 129 does not.
constexpr int sum_max = 128;

/// Takes from the larger of two weights of one sign what their sum has too much.
bool split_pair(std::int8_t* pair, std::int8_t* excess) {
    int const sum = pair[0] + pair[1];
    bool const one_sign = (pair[0] > 0) == (pair[1] > 0);
    if (!one_sign || std::abs(sum) <= sum_max) return false;
    int const larger = std::abs(pair[0]) >= std::abs(pair[1]) ? 0 : 1;
    int const too_much = sum > 0 ? sum - sum_max : sum + sum_max;
    pair[larger] = static_cast<std::int8_t>(pair[larger] - too_much);
    excess[larger] = static_cast<std::int8_t>(too_much);
    return true;
}

/// Splits the weights of one half of a quad. Its place is for the caller to fill in.
std::optional<extra_quad> split_half(std::int8_t* weights) {
    extra_quad excess{};
    bool any = false;
    for (int i = 0; i < half_columns * quad; i += 2) any |= split_pair(weights + i, excess.weights + i);
    return any ? std::optional(excess) : std::nullopt;
}

std::array<std::vector<extra_quad>, 2> split(std::vector<std::int8_t>& plain, int quads_of_tap) {
    std::array<std::vector<extra_quad>, 2> extra;
    auto const quads = static_cast<int>(plain.size()) / quad_values;
    for (int q = 0; q < quads; ++q)
        for (int half = 0; half < 2; ++half) {
            auto excess = split_half(plain.data() + q * quad_values + half * half_columns * quad);
            if (!excess) continue;
            excess->tap = q / quads_of_tap;
            excess->offset = q % quads_of_tap * quad;
            extra[static_cast<std::size_t>(half)].push_back(*excess);
        }
    return extra;
}

}  // namespace

int8_weights::int8_weights(convolution_shape const& shape, input_layout const& layout, std::int8_t const* weights,
                           bump_memory& memory)
    : length_((layout.length + quad - 1) / quad * quad) {
    auto const values = static_cast<std::size_t>(layout.taps) * static_cast<std::size_t>(length_) * tile_columns;
    for (int first = 0; first < shape.out_channels; first += tile_columns) {
        std::vector<std::int8_t> plain(values);
        for (int o = first; o < std::min(first + tile_columns, shape.out_channels); ++o)
            for_each_weight(shape, layout, o, weights, [&](int k, std::int8_t w) {
                int const in_tap = k % layout.length;
                int const place = k / layout.length * length_ + in_tap;
                plain[static_cast<std::size_t>(place / quad * quad_values + (o - first) * quad + place % quad)] = w;
            });
        auto extra = split(plain, length_ / quad);
        auto* const packed = reinterpret_cast<std::int8_t*>(memory.take(values));
        std::memcpy(packed, plain.data(), values);
        panels_.push_back({packed, std::move(extra)});
    }
}

}  // namespace sma::engine
