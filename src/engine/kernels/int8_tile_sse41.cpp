// int8 tiles with SSE4.1: two rows at a time, because sixteen registers hold no more.
#include "int8_tile_x86_64.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

namespace sma::engine {
namespace {

#define SMA_SSE41 __attribute__((target("sse4.1")))
#define SMA_SSE41_INLINE SMA_SSE41 __attribute__((always_inline)) inline

constexpr int lanes = 4;
constexpr int vectors = tile_columns / lanes;
constexpr int pass_rows = 2;

SMA_SSE41_INLINE __m128i broadcast(std::uint8_t const* four) {
    std::int32_t value;
    std::memcpy(&value, four, sizeof value);
    return _mm_set1_epi32(value);
}

SMA_SSE41_INLINE __m128i add_products(__m128i sum, __m128i in, std::int8_t const* weights) {
    __m128i const w = _mm_loadu_si128(reinterpret_cast<__m128i const*>(weights));
    return _mm_add_epi32(sum, _mm_madd_epi16(_mm_maddubs_epi16(in, w), _mm_set1_epi16(1)));
}

SMA_SSE41_INLINE __m128 scaled(int8_tile const& t, __m128i sums, std::byte const* out, int column) {
    __m128 x =
        _mm_add_ps(_mm_mul_ps(_mm_cvtepi32_ps(sums), _mm_loadu_ps(t.factor + column)), _mm_loadu_ps(t.term + column));
    if (!t.output.residual) return x;
    std::int32_t four;
    std::memcpy(&four, out + column, sizeof four);
    __m128i const bytes = _mm_cvtsi32_si128(four);
    __m128i const residual = *t.output.residual == value_type::u8 ? _mm_cvtepu8_epi32(bytes) : _mm_cvtepi8_epi32(bytes);
    return _mm_add_ps(x, _mm_mul_ps(_mm_cvtepi32_ps(residual), _mm_set1_ps(t.output.residual_factor)));
}

/// What is too large for 32 bits would become negative.
SMA_SSE41_INLINE __m128i rounded(__m128 x) { return _mm_cvtps_epi32(_mm_min_ps(x, _mm_set1_ps(1 << 20))); }

SMA_SSE41_INLINE void store_row(int8_tile const& t, __m128i const* sums, std::byte* out) {
    __m128 x[vectors];
    for (int v = 0; v < vectors; ++v) x[v] = scaled(t, sums[v], out, v * lanes);
    if (t.output.type == value_type::f32) {
        for (int v = 0; v < vectors; ++v) _mm_storeu_ps(reinterpret_cast<float*>(out) + v * lanes, x[v]);
        return;
    }
    __m128i const first = _mm_packs_epi32(rounded(x[0]), rounded(x[1]));
    __m128i const second = _mm_packs_epi32(rounded(x[2]), rounded(x[3]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), t.output.type == value_type::s8
                                                          ? _mm_packs_epi16(first, second)
                                                          : _mm_packus_epi16(first, second));
}

SMA_SSE41_INLINE void add_extra(int8_tile const& t, int row, int half, __m128i* sum) {
    auto const& extra = t.extra[half];
    for (extra_quad const* e = extra.first; e != extra.first + extra.count; ++e) {
        __m128i const x = broadcast(t.rows[e->tap * tile_rows + row] + t.offset + e->offset);
        for (int v = 0; v < vectors / 2; ++v) sum[v] = add_products(sum[v], x, e->weights + v * lanes * quad);
    }
}

template <int Rows>
SMA_SSE41 void compute_rows(int8_tile const& t, int row) {
    __m128i sum[Rows][vectors];
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < vectors; ++v)
            sum[r][v] = _mm_loadu_si128(reinterpret_cast<__m128i const*>(t.start + v * lanes));
    std::int8_t const* w = t.weights;
    for (int tap = 0; tap < t.taps; ++tap) {
        std::uint8_t const* in[Rows];
        for (int r = 0; r < Rows; ++r) in[r] = t.rows[tap * tile_rows + row + r] + t.offset;
        for (std::ptrdiff_t k = 0; k < t.length; k += quad, w += tile_columns * quad)
#pragma GCC unroll 2
            for (int r = 0; r < Rows; ++r) {
                __m128i const x = broadcast(in[r] + k);
#pragma GCC unroll 4
                for (int v = 0; v < vectors; ++v) sum[r][v] = add_products(sum[r][v], x, w + v * lanes * quad);
            }
    }
    for (int r = 0; r < Rows; ++r) {
        for (int half = 0; half < 2; ++half) add_extra(t, row + r, half, sum[r] + half * vectors / 2);
        store_row(t, sum[r], t.out + (row + r) * t.out_row);
    }
}

}  // namespace

void compute_sse41(int8_tile const& t, int rows) {
    int row = 0;
    for (; row + pass_rows <= rows; row += pass_rows) compute_rows<pass_rows>(t, row);
    if (row < rows) compute_rows<1>(t, row);
}

}  // namespace sma::engine
