#include "int8_output.hpp"

#include <immintrin.h>

#include <array>
#include <cstring>

namespace sma::engine {
namespace {

#define SMA_AVX2 __attribute__((target("avx2,fma")))
#define SMA_AVX2_INLINE SMA_AVX2 __attribute__((always_inline)) inline

constexpr int lanes = 8;

SMA_AVX2_INLINE __m256 widened(std::byte const* eight, value_type type) {
    __m128i const bytes = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(eight));
    return _mm256_cvtepi32_ps(type == value_type::u8 ? _mm256_cvtepu8_epi32(bytes) : _mm256_cvtepi8_epi32(bytes));
}

SMA_AVX2_INLINE __m256 scaled(int8_output const& o, std::int32_t const* sums, std::byte const* residual, int column) {
    __m256 const sum = _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(sums + column)));
    __m256 x = _mm256_fmadd_ps(sum, _mm256_loadu_ps(o.factor + column), _mm256_loadu_ps(o.term + column));
    if (o.residual) x = _mm256_fmadd_ps(widened(residual + column, *o.residual), _mm256_set1_ps(o.residual_factor), x);
    return x;
}

SMA_AVX2_INLINE __m256i rounded(__m256 x, float least, float most) {
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(least)), _mm256_set1_ps(most)));
}

SMA_AVX2_INLINE void store_bytes(int8_output const& o, __m256 low, __m256 high, std::byte* out) {
    bool const is_signed = o.type == value_type::s8;
    float const least = is_signed ? -128.0F : 0.0F;
    float const most = is_signed ? 127.0F : 255.0F;
    __m256i const words = _mm256_permute4x64_epi64(
        _mm256_packs_epi32(rounded(low, least, most), rounded(high, least, most)), _MM_SHUFFLE(3, 1, 2, 0));
    __m128i const first = _mm256_castsi256_si128(words);
    __m128i const second = _mm256_extracti128_si256(words, 1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                     is_signed ? _mm_packs_epi16(first, second) : _mm_packus_epi16(first, second));
}

SMA_AVX2_INLINE void store_row(int8_output const& o, std::int32_t const* sums, std::byte* out) {
    __m256 const low = scaled(o, sums, out, 0);
    __m256 const high = scaled(o, sums, out, lanes);
    if (o.type == value_type::f32) {
        _mm256_storeu_ps(reinterpret_cast<float*>(out), low);
        _mm256_storeu_ps(reinterpret_cast<float*>(out) + lanes, high);
    } else {
        store_bytes(o, low, high, out);
    }
}

}  // namespace

SMA_AVX2 void store(int8_output const& o, std::int32_t const* sums, int rows, int columns, std::byte* out,
                    std::ptrdiff_t row_bytes) {
    if (columns == tile_columns) {
        for (int r = 0; r < rows; ++r) store_row(o, sums + r * tile_columns, out + r * row_bytes);
        return;
    }
    auto const bytes = static_cast<std::size_t>(columns) * bytes_of(o.type);
    for (int r = 0; r < rows; ++r) {
        std::array<std::byte, tile_columns * sizeof(float)> whole{};
        std::memcpy(whole.data(), out + r * row_bytes, bytes);
        store_row(o, sums + r * tile_columns, whole.data());
        std::memcpy(out + r * row_bytes, whole.data(), bytes);
    }
}

}  // namespace sma::engine
