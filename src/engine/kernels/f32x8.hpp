// Eight floats of neighboring channels, as two registers of Advanced SIMD.
#pragma once

#include <cstring>

namespace sma::engine {

#define SMA_INLINE __attribute__((always_inline)) inline

/// Compilers add a product, x * y + z in one expression, with one rounding.
using f32x8 = float __attribute__((vector_size(32)));
constexpr int f32x8_lanes = 8;

SMA_INLINE f32x8 load(float const* from) {
    f32x8 x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

SMA_INLINE void store(float* to, f32x8 x) { std::memcpy(to, &x, sizeof x); }

SMA_INLINE f32x8 positive(f32x8 x) { return x > 0.0F ? x : f32x8{}; }

}  // namespace sma::engine
