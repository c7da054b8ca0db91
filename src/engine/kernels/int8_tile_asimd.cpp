// int8 tiles with arm64's Advanced SIMD: two rows at a time, because 32 registers hold no more.
#include "int8_tile.hpp"

#include <arm_neon.h>

#include <cstring>

namespace sma::engine {
namespace {

constexpr int lanes = 4;
constexpr int vectors = tile_columns / lanes;
constexpr int pass_rows = 2;

/// Sums of four columns. Each has two, of the first and of the second half of every quad.
struct half_sums {
    int32x4_t first_two;
    int32x4_t last_two;
};

/// A quad, twice.
int16x8_t broadcast(std::uint8_t const* four) {
    std::uint32_t value;
    std::memcpy(&value, four, sizeof value);
    return vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(value))));
}

/// A product of u8 and s8 fits into 16 bits, and two are added in 32.
void add_products(half_sums& sum, int16x8_t in, std::int8_t const* weights) {
    int8x16_t const w = vld1q_s8(weights);
    sum.first_two = vpadalq_s16(sum.first_two, vmulq_s16(in, vmovl_s8(vget_low_s8(w))));
    sum.last_two = vpadalq_s16(sum.last_two, vmulq_s16(in, vmovl_s8(vget_high_s8(w))));
}

int32x4_t widened(std::byte const* four, value_type type) {
    std::uint32_t value;
    std::memcpy(&value, four, sizeof value);
    auto const bytes = vreinterpret_u8_u32(vdup_n_u32(value));
    if (type == value_type::u8) return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(bytes))));
}

float32x4_t scaled(int8_tile const& t, half_sums const& halves, std::byte const* out, int column) {
    int32x4_t const sums = vaddq_s32(vld1q_s32(t.start + column), vpaddq_s32(halves.first_two, halves.last_two));
    float32x4_t const x = vfmaq_f32(vld1q_f32(t.term + column), vcvtq_f32_s32(sums), vld1q_f32(t.factor + column));
    if (!t.output.residual) return x;
    float32x4_t const residual = vcvtq_f32_s32(widened(out + column, *t.output.residual));
    return vfmaq_n_f32(x, residual, t.output.residual_factor);
}

void store_row(int8_tile const& t, half_sums const* sums, std::byte* out) {
    float32x4_t x[vectors];
    for (int v = 0; v < vectors; ++v) x[v] = scaled(t, sums[v], out, v * lanes);
    if (t.output.type == value_type::f32) {
        for (int v = 0; v < vectors; ++v) vst1q_f32(reinterpret_cast<float*>(out) + v * lanes, x[v]);
        return;
    }
    for (int v = 0; v < vectors; v += 2) {
        int16x8_t const words = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(x[v])), vqmovn_s32(vcvtnq_s32_f32(x[v + 1])));
        uint8x8_t const bytes =
            t.output.type == value_type::s8 ? vreinterpret_u8_s8(vqmovn_s16(words)) : vqmovun_s16(words);
        vst1_u8(reinterpret_cast<std::uint8_t*>(out) + v * lanes, bytes);
    }
}

void add_extra(int8_tile const& t, int row, int half, half_sums* sum) {
    auto const& extra = t.extra[half];
    for (extra_quad const* e = extra.first; e != extra.first + extra.count; ++e) {
        int16x8_t const x = broadcast(t.rows[e->tap * tile_rows + row] + t.offset + e->offset);
        for (int v = 0; v < vectors / 2; ++v) add_products(sum[v], x, e->weights + v * lanes * quad);
    }
}

template <int Rows>
void compute_rows(int8_tile const& t, int row) {
    half_sums sum[Rows][vectors]{};
    std::int8_t const* w = t.weights;
    for (int tap = 0; tap < t.taps; ++tap) {
        std::uint8_t const* in[Rows];
        for (int r = 0; r < Rows; ++r) in[r] = t.rows[tap * tile_rows + row + r] + t.offset;
        for (std::ptrdiff_t k = 0; k < t.length; k += quad, w += tile_columns * quad)
#pragma GCC unroll 2
            for (int r = 0; r < Rows; ++r) {
                int16x8_t const x = broadcast(in[r] + k);
#pragma GCC unroll 4
                for (int v = 0; v < vectors; ++v) add_products(sum[r][v], x, w + v * lanes * quad);
            }
    }
    for (int r = 0; r < Rows; ++r) {
        for (int half = 0; half < 2; ++half) add_extra(t, row + r, half, sum[r] + half * vectors / 2);
        store_row(t, sum[r], t.out + (row + r) * t.out_row);
    }
}

void compute_asimd(int8_tile const& t, int rows) {
    int row = 0;
    for (; row + pass_rows <= rows; row += pass_rows) compute_rows<pass_rows>(t, row);
    if (row < rows) compute_rows<1>(t, row);
}

}  // namespace

int8_tile_function select_int8_tile(cpu_capability const&) noexcept { return compute_asimd; }

}  // namespace sma::engine
