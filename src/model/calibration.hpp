// What the activations of a float network look like on sample images, and the scales that follow.
#pragma once

#include "sma/model/graph.hpp"
#include "sma/model/quantise.hpp"

#include <vector>

namespace sma::model {

/// Of one activation over all images.
struct value_statistics {
    double largest = 0;                ///< max |x|
    std::vector<double> histogram;     ///< of |x| in equal bins over [0, largest]
    at::Tensor channel_mean;           ///< f64 [channels]
};

constexpr std::size_t histogram_bins = 4096;

/// Observes a float network in two passes over the same images: first the ranges, then the histograms within them.
class calibration {
public:
    explicit calibration(std::size_t values) : values_(values), rows_(values, 0) {}

    void observe_range(std::size_t value, at::Tensor const& x);
    void observe_histogram(std::size_t value, at::Tensor const& x);

    /// Means are final after the first pass.
    value_statistics const& of(std::size_t value) const { return values_[value]; }

private:
    std::vector<value_statistics> values_;
    std::vector<double> rows_;  ///< positions that channel_mean has been taken over
};

/// real = stored * scale for values up to `levels` (255 for u8, 127 for s8). 1 for an activation that is always 0.
float activation_scale(value_statistics const& s, calibration_method method, int levels);

/// Weights in s8 with one scale an output channel; what the method says of activations goes for them too, but a percentile
/// of so few values is their largest.
quantisation quantise_weight(at::Tensor const& weight, calibration_method method);

}  // namespace sma::model
