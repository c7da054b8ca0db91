#include "winograd_transforms.hpp"

#include <immintrin.h>

#include <algorithm>

namespace sma::engine::winograd {
namespace {

#define SMA_AVX2 __attribute__((target("avx2,fma")))
#define SMA_AVX2_INLINE SMA_AVX2 __attribute__((always_inline)) inline

constexpr int lanes = 8;

SMA_AVX2_INLINE __m256 times(float factor, __m256 x, __m256 plus) {
    return _mm256_fmadd_ps(_mm256_set1_ps(factor), x, plus);
}

/// Six values by B transposed, in place; `step` apart.
SMA_AVX2_INLINE void transform_six(__m256* d, int step) {
    __m256 const d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    __m256 const even = times(-4, d2, d4);
    __m256 const odd = times(-4, d1, d3);
    __m256 const even2 = _mm256_sub_ps(d4, d2);
    __m256 const odd2 = _mm256_sub_ps(d3, d1);
    d[0] = times(4, d0, times(-5, d2, d4));
    d[step] = _mm256_add_ps(even, odd);
    d[2 * step] = _mm256_sub_ps(even, odd);
    d[3 * step] = times(2, odd2, even2);
    d[4 * step] = times(-2, odd2, even2);
    d[5 * step] = times(4, d1, times(-5, d3, d5));
}

/// Four values from six by A transposed.
SMA_AVX2_INLINE void transform_four(__m256 const* m, int step, __m256* out, int out_step) {
    __m256 const sum = _mm256_add_ps(m[step], m[2 * step]);
    __m256 const difference = _mm256_sub_ps(m[step], m[2 * step]);
    __m256 const sum2 = _mm256_add_ps(m[3 * step], m[4 * step]);
    __m256 const difference2 = _mm256_sub_ps(m[3 * step], m[4 * step]);
    out[0] = _mm256_add_ps(m[0], _mm256_add_ps(sum, sum2));
    out[out_step] = times(2, difference2, difference);
    out[2 * out_step] = times(4, sum2, sum);
    out[3 * out_step] = _mm256_add_ps(m[5 * step], times(8, difference2, difference));
}

SMA_AVX2_INLINE void load_patch(input_patch const& in, int channel, __m256* d) {
    for (int y = 0; y < patch; ++y)
        for (int x = 0; x < patch; ++x) {
            int const row = in.top + y;
            int const column = in.left + x;
            bool const inside = row >= 0 && row < in.height && column >= 0 && column < in.width;
            d[y * patch + x] =
                inside ? _mm256_loadu_ps(in.image +
                                         (static_cast<std::ptrdiff_t>(row) * in.width + column) * in.channels + channel)
                       : _mm256_setzero_ps();
        }
}

SMA_AVX2_INLINE void load_whole_patch(input_patch const& in, int channel, __m256* d) {
    float const* const first =
        in.image + (static_cast<std::ptrdiff_t>(in.top) * in.width + in.left) * in.channels + channel;
    for (int y = 0; y < patch; ++y)
        for (int x = 0; x < patch; ++x)
            d[y * patch + x] = _mm256_loadu_ps(first + (static_cast<std::ptrdiff_t>(y) * in.width + x) * in.channels);
}

SMA_AVX2_INLINE void store_pixel(output_tile const& out, std::ptrdiff_t pixel, int channel, __m256 x) {
    float* const to = out.image + pixel * out.channels + channel;
    if (out.add) x = _mm256_add_ps(x, _mm256_loadu_ps(to));
    if (out.relu) x = _mm256_max_ps(x, _mm256_setzero_ps());
    _mm256_storeu_ps(to, x);
}

}  // namespace

SMA_AVX2 void transform_input(input_patch const& in, float* out, std::ptrdiff_t step) {
    bool const whole = in.top >= 0 && in.left >= 0 && in.top + patch <= in.height && in.left + patch <= in.width;
    __m256 d[points];
    for (int channel = 0; channel < in.channels; channel += lanes) {
        whole ? load_whole_patch(in, channel, d) : load_patch(in, channel, d);
        for (int x = 0; x < patch; ++x) transform_six(d + x, patch);
        for (int y = 0; y < patch; ++y) transform_six(d + y * patch, 1);
        for (int p = 0; p < points; ++p) _mm256_storeu_ps(out + p * step + channel, d[p]);
    }
}

SMA_AVX2 void transform_output(float const* in, std::ptrdiff_t step, output_tile const& out) {
    int const rows = std::min(tile, out.height - out.top);
    int const columns = std::min(tile, out.width - out.left);
    for (int channel = 0; channel < out.channels; channel += lanes) {
        __m256 m[points];
        __m256 half[tile * patch];
        __m256 result[tile * tile];
        for (int p = 0; p < points; ++p) m[p] = _mm256_loadu_ps(in + p * step + channel);
        for (int x = 0; x < patch; ++x) transform_four(m + x, patch, half + x, patch);
        for (int y = 0; y < tile; ++y) transform_four(half + y * patch, 1, result + y * tile, 1);
        __m256 const bias = _mm256_loadu_ps(out.bias + channel);
        for (int y = 0; y < rows; ++y)
            for (int x = 0; x < columns; ++x)
                store_pixel(out, static_cast<std::ptrdiff_t>(out.top + y) * out.width + out.left + x, channel,
                            _mm256_add_ps(result[y * tile + x], bias));
    }
}

}  // namespace sma::engine::winograd
