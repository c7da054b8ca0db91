// What the activations of a float network look like on sample images, and the scales that follow.
#pragma once

#include "sma/model/calibration_method.hpp"
#include "sma/model/graph.hpp"

#include <vector>

namespace sma::model {

constexpr std::size_t histogram_bins = 4096;

/// Of one activation over all images.
struct value_statistics {
    double largest = 0;             ///< max |x|
    std::vector<double> histogram;  ///< of |x| in histogram_bins equal bins over [0, limit]
    double limit = 0;               ///< >= largest; grows by doubling as larger values come
    at::Tensor channel_mean;        ///< f64 [channels]
    double rows = 0;                ///< positions that channel_mean was taken over
};

/// Takes in one more batch of an activation. Values that are not finite make `largest` so.
void observe(value_statistics& s, at::Tensor const& x);

/// real = stored * scale for values up to `levels` (255 for u8, 127 for s8). 1 for an activation that is always 0.
float activation_scale(value_statistics const& s, calibration_method method, int levels);

/// Weights in s8 with one scale an output channel; what the method says of activations goes for them too, but a
/// percentile of so few values is their largest.
quantization quantize_weight(at::Tensor const& weight, calibration_method method);

}  // namespace sma::model
