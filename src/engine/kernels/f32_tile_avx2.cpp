#include "f32_tile.hpp"

#include <immintrin.h>

namespace sma::engine {
namespace {

#define SMA_AVX2 __attribute__((target("avx2,fma")))

template <int Rows>
SMA_AVX2 void compute_rows(f32_tile const& t) {
    __m256 sum[Rows][2];
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
        sum[r][0] = t.bias != nullptr ? _mm256_loadu_ps(t.bias) : _mm256_setzero_ps();
        sum[r][1] = t.bias != nullptr ? _mm256_loadu_ps(t.bias + 8) : _mm256_setzero_ps();
    }
    float const* w = t.weights;
    for (int tap = 0; tap < t.taps; ++tap) {
        float const* in[Rows];
        for (int r = 0; r < Rows; ++r) in[r] = t.rows[tap * tile_rows + r] + t.offset;
#pragma GCC unroll 2
        for (std::ptrdiff_t k = 0; k < t.length; ++k, w += tile_columns) {
            __m256 const low = _mm256_loadu_ps(w);
            __m256 const high = _mm256_loadu_ps(w + 8);
#pragma GCC unroll 6
            for (int r = 0; r < Rows; ++r) {
                __m256 const x = _mm256_broadcast_ss(in[r] + k);
                sum[r][0] = _mm256_fmadd_ps(x, low, sum[r][0]);
                sum[r][1] = _mm256_fmadd_ps(x, high, sum[r][1]);
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
        float* const out = t.out + r * t.out_row;
        for (int half = 0; half < 2; ++half) {
            __m256 x = sum[r][half];
            if (t.add) x = _mm256_add_ps(x, _mm256_loadu_ps(out + 8 * half));
            if (t.relu) x = _mm256_max_ps(x, _mm256_setzero_ps());
            _mm256_storeu_ps(out + 8 * half, x);
        }
    }
}

}  // namespace

void compute(f32_tile const& t, int rows) {
    with_constant_rows(rows, [&t](auto constant) { compute_rows<constant()>(t); });
}

}  // namespace sma::engine
