// Eight floats of neighboring channels, as one AVX register or two of Advanced SIMD.
#pragma once

#include <cstring>

namespace sma::engine {

// What computes with them is compiled for AVX2 and FMA on x86-64, whatever the rest of the program needs.
#if defined(__x86_64__)
#define SMA_F32X8 __attribute__((target("avx2,fma")))
#else
#define SMA_F32X8
#endif
#define SMA_F32X8_INLINE SMA_F32X8 __attribute__((always_inline)) inline

/// Compilers add a product, x * y + z in one expression, with one rounding.
using f32x8 = float __attribute__((vector_size(32)));
constexpr int f32x8_lanes = 8;

SMA_F32X8_INLINE f32x8 load(float const* from) {
    f32x8 x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

SMA_F32X8_INLINE void store(float* to, f32x8 x) { std::memcpy(to, &x, sizeof x); }

SMA_F32X8_INLINE f32x8 positive(f32x8 x) { return x > 0.0F ? x : f32x8{}; }

}  // namespace sma::engine
