// Calibration: statistics of a float network's activations on sample images, and the scales that follow.
#pragma once

#include "sma/libtorch/calibration_method.hpp"
#include "sma/model/graph.hpp"

#include <ATen/core/Tensor.h>

#include <vector>

namespace sma::libtorch {

constexpr std::size_t histogram_bins = 4096;

/// Statistics of one activation over all images.
struct value_statistics {
    double largest = 0;             ///< max |x|
    std::vector<double> histogram;  ///< of |x| in histogram_bins equal bins over [0, limit]
    double limit = 0;               ///< >= largest; grows by doubling as larger values come
    at::Tensor channel_mean;        ///< f64 [channels]
    double rows = 0;                ///< positions that channel_mean was taken over
};

/// Adds one more batch of an activation. With values that are not finite `largest` is not finite either.
void observe(value_statistics& s, at::Tensor const& x);

/// real = stored * scale for values up to `levels` (255 for u8, 127 for s8). 1 for an activation that is always 0.
float activation_scale(value_statistics const& s, calibration_method method, int levels);

/// Quantizes weights to s8 with one scale an output channel. The method applies to them as to activations, except that
/// a percentile of so few values is their largest.
model::quantization quantize_weight(model::tensor const& weight, calibration_method method);

}  // namespace sma::libtorch
