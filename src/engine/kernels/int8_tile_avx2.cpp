// int8 tiles with AVX2 and FMA.
#include "int8_tile_x86_64.hpp"

#include <immintrin.h>

#include <cstring>

namespace sma::engine {
namespace {

#define SMA_AVX2 __attribute__((target("avx2,fma")))
#define SMA_AVX2_INLINE SMA_AVX2 __attribute__((always_inline)) inline

SMA_AVX2_INLINE __m256i broadcast(std::uint8_t const* four) {
    std::int32_t value;
    std::memcpy(&value, four, sizeof value);
    return _mm256_set1_epi32(value);
}

SMA_AVX2_INLINE __m256i products(__m256i in, std::int8_t const* weights) {
    __m256i const w = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(weights));
    return _mm256_madd_epi16(_mm256_maddubs_epi16(in, w), _mm256_set1_epi16(1));
}

template <int Rows>
SMA_AVX2_INLINE void add_extra(int8_tile const& t, extra_quads const& extra, __m256i (*sum)[2], int half) {
    for (extra_quad const* e = extra.first; e != extra.first + extra.count; ++e) {
        std::uint8_t const* const* rows = t.rows + e->tap * tile_rows;
        std::ptrdiff_t const offset = t.offset + e->offset;
#pragma GCC unroll 6
        for (int r = 0; r < Rows; ++r)
            sum[r][half] = _mm256_add_epi32(sum[r][half], products(broadcast(rows[r] + offset), e->weights));
    }
}

constexpr int lanes = 8;

SMA_AVX2_INLINE __m256 widened(std::byte const* eight, value_type type) {
    __m128i const bytes = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(eight));
    return _mm256_cvtepi32_ps(type == value_type::u8 ? _mm256_cvtepu8_epi32(bytes) : _mm256_cvtepi8_epi32(bytes));
}

SMA_AVX2_INLINE __m256 scaled(int8_tile const& t, __m256i sums, std::byte const* residual, int column) {
    __m256 const x =
        _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(t.factor + column), _mm256_loadu_ps(t.term + column));
    if (!t.output.residual) return x;
    return _mm256_fmadd_ps(widened(residual + column, *t.output.residual), _mm256_set1_ps(t.output.residual_factor), x);
}

/// What is too large for 32 bits would become negative.
SMA_AVX2_INLINE __m256i rounded(__m256 x) { return _mm256_cvtps_epi32(_mm256_min_ps(x, _mm256_set1_ps(1 << 20))); }

SMA_AVX2_INLINE void store_bytes(value_type type, __m256 low, __m256 high, std::byte* out) {
    __m256i const words =
        _mm256_permute4x64_epi64(_mm256_packs_epi32(rounded(low), rounded(high)), _MM_SHUFFLE(3, 1, 2, 0));
    __m128i const first = _mm256_castsi256_si128(words);
    __m128i const second = _mm256_extracti128_si256(words, 1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                     type == value_type::s8 ? _mm_packs_epi16(first, second) : _mm_packus_epi16(first, second));
}

SMA_AVX2_INLINE void store_row(int8_tile const& t, __m256i const* sums, std::byte* out) {
    __m256 const low = scaled(t, sums[0], out, 0);
    __m256 const high = scaled(t, sums[1], out, lanes);
    if (t.output.type != value_type::f32) return store_bytes(t.output.type, low, high, out);
    _mm256_storeu_ps(reinterpret_cast<float*>(out), low);
    _mm256_storeu_ps(reinterpret_cast<float*>(out) + lanes, high);
}

template <int Rows>
SMA_AVX2 void compute_rows(int8_tile const& t) {
    constexpr int step = tile_columns * quad;
    __m256i sum[Rows][2];
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int half = 0; half < 2; ++half)
            sum[r][half] = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(t.start + 8 * half));
    std::int8_t const* w = t.weights;
    for (int tap = 0; tap < t.taps; ++tap) {
        std::uint8_t const* in[Rows];
        for (int r = 0; r < Rows; ++r) in[r] = t.rows[tap * tile_rows + r] + t.offset;
        for (std::ptrdiff_t k = 0; k < t.length; k += quad, w += step)
#pragma GCC unroll 6
            for (int r = 0; r < Rows; ++r) {
                __m256i const x = broadcast(in[r] + k);
                sum[r][0] = _mm256_add_epi32(sum[r][0], products(x, w));
                sum[r][1] = _mm256_add_epi32(sum[r][1], products(x, w + step / 2));
            }
    }
    add_extra<Rows>(t, t.extra[0], sum, 0);
    add_extra<Rows>(t, t.extra[1], sum, 1);
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) store_row(t, sum[r], t.out + r * t.out_row);
}

}  // namespace

void compute_avx2(int8_tile const& t, int rows) {
    with_constant_rows(rows, [&t](auto constant) { compute_rows<constant()>(t); });
}

}  // namespace sma::engine
