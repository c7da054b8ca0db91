// Limit of the instructions: what one core multiplies and adds in AVX2 when all operands are in registers.
#pragma once

namespace sma::bench {

/// Multiplications with additions of a ResNet-50 at 224 x 224, batch-norm folded, without the padding of the first
/// layer.
constexpr double resnet50_products = 4.089e9;

/// Products a second of one core with vfmadd231ps, measured for about `seconds`. Needs AVX2 and FMA.
double f32_products_a_second(double seconds);

/// The same for u8 by s8: vpmaddubsw, vpmaddwd, vpaddd.
double int8_products_a_second(double seconds);

}  // namespace sma::bench
