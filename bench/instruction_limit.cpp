#include "instruction_limit.hpp"

#include <immintrin.h>

#include <algorithm>
#include <chrono>

namespace sma::bench {
namespace {

#define SMA_AVX2 __attribute__((target("avx2,fma")))

using clock_type = std::chrono::steady_clock;

constexpr int chains = 10;              // more than latency times throughput, few enough for the registers
constexpr int inputs = 3, weights = 2;  // the same for int8, where only the addition waits for the one before it
constexpr int steps = 100'000;

/// The fastest of many short runs: the rate while nobody disturbs it.
template <class Work>
double best_rate(double seconds, double products, Work work) {
    double best = 0;
    auto const end = clock_type::now() + std::chrono::duration<double>(seconds);
    do {
        auto const start = clock_type::now();
        work();
        best = std::max(best, products / std::chrono::duration<double>(clock_type::now() - start).count());
    } while (clock_type::now() < end);
    return best;
}

/// Keeps a value in a register, and from being computed once for all steps.
template <class Vector>
SMA_AVX2 __attribute__((always_inline)) inline void forget(Vector& v) {
    asm volatile("" : "+x"(v));
}

SMA_AVX2 void multiply_f32() {
    __m256 sum[chains];
    for (auto& s : sum) s = _mm256_setzero_ps();
    __m256 x = _mm256_set1_ps(0.5F);
    __m256 const w = _mm256_set1_ps(1.5F);
    for (int i = 0; i < steps; ++i) {
        forget(x);
#pragma GCC unroll 10
        for (int c = 0; c < chains; ++c) sum[c] = _mm256_fmadd_ps(x, w, sum[c]);
    }
    for (auto& s : sum) forget(s);
}

SMA_AVX2 void multiply_int8() {
    __m256i sum[inputs][weights];
    for (auto& row : sum)
        for (auto& s : row) s = _mm256_setzero_si256();
    __m256i x[inputs], w[weights];
    for (int r = 0; r < inputs; ++r) x[r] = _mm256_set1_epi8(static_cast<char>(r + 3));
    for (int c = 0; c < weights; ++c) w[c] = _mm256_set1_epi8(static_cast<char>(c + 5));
    __m256i const ones = _mm256_set1_epi16(1);
    for (int i = 0; i < steps; ++i) {
#pragma GCC unroll 3
        for (int r = 0; r < inputs; ++r) {
            forget(x[r]);
#pragma GCC unroll 2
            for (int c = 0; c < weights; ++c)
                sum[r][c] = _mm256_add_epi32(sum[r][c], _mm256_madd_epi16(_mm256_maddubs_epi16(x[r], w[c]), ones));
        }
    }
    for (auto& row : sum)
        for (auto& s : row) forget(s);
}

}  // namespace

double f32_products_a_second(double seconds) { return best_rate(seconds, 8.0 * chains * steps, multiply_f32); }
double int8_products_a_second(double seconds) {
    return best_rate(seconds, 32.0 * inputs * weights * steps, multiply_int8);
}

}  // namespace sma::bench
