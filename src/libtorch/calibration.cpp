#include "calibration.hpp"

#include "sma/libtorch/tensor_bridge.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sma::libtorch {
namespace {

constexpr int weight_levels = 127;
constexpr double percentile_share = 0.9999;

double percentile_of(value_statistics const& s) {
    double total = 0;
    for (double const count : s.histogram) total += count;
    double seen = 0;
    for (std::size_t bin = 0; bin < histogram_bins; ++bin) {
        seen += s.histogram[bin];
        if (seen >= total * percentile_share)
            return std::min(s.largest, s.limit * static_cast<double>(bin + 1) / static_cast<double>(histogram_bins));
    }
    return s.largest;
}

/// Sum of squared differences between what was seen and what is stored with the range [0, limit].
double squared_error(value_statistics const& s, double limit, int levels) {
    double const scale = limit / levels;
    double const width = s.limit / static_cast<double>(histogram_bins);
    double error = 0;
    for (std::size_t bin = 0; bin < histogram_bins; ++bin) {
        if (s.histogram[bin] == 0) continue;
        double const x = (static_cast<double>(bin) + 0.5) * width;
        double const stored = std::min<double>(std::nearbyint(x / scale), levels) * scale;
        error += s.histogram[bin] * (x - stored) * (x - stored);
    }
    return error;
}

double least_error_limit(value_statistics const& s, int levels) {
    constexpr int steps = 100;
    double best = s.largest;
    double least = std::numeric_limits<double>::infinity();
    for (int step = steps / 5; step <= steps; ++step) {
        double const limit = s.largest * step / steps;
        double const error = squared_error(s, limit, levels);
        if (error < least) {
            least = error;
            best = limit;
        }
    }
    return best;
}

void double_limit(value_statistics& s) {
    for (std::size_t bin = 0; bin < histogram_bins / 2; ++bin)
        s.histogram[bin] = s.histogram[2 * bin] + s.histogram[2 * bin + 1];
    std::fill(s.histogram.begin() + histogram_bins / 2, s.histogram.end(), 0.0);
    s.limit *= 2;
}

void count(value_statistics& s, at::Tensor const& magnitude) {
    s.histogram.resize(histogram_bins);
    if (s.largest == 0) {
        s.histogram[0] += static_cast<double>(magnitude.numel());
        return;
    }
    if (s.limit == 0) s.limit = s.largest;
    while (s.limit < s.largest) double_limit(s);
    auto const counts = at::histc(magnitude.flatten(), static_cast<std::int64_t>(histogram_bins), 0, s.limit)
                            .to(at::kDouble)
                            .contiguous();
    for (std::size_t bin = 0; bin < histogram_bins; ++bin) s.histogram[bin] += counts.data_ptr<double>()[bin];
}

at::Tensor rounded(at::Tensor const& rows, at::Tensor const& scale) {
    return (rows / scale).round_().clamp_(-weight_levels, weight_levels);
}

/// Shrinks each row's range as long as its squared error falls.
at::Tensor least_error_scale(at::Tensor const& rows, at::Tensor const& full) {
    auto best = full.clone();
    auto least = at::full_like(full, std::numeric_limits<float>::infinity());
    for (int percent = 100; percent >= 60; percent -= 2) {
        auto const scale = full * (percent / 100.0);
        auto const error = (rounded(rows, scale).mul_(scale) - rows).square_().sum(1, true);
        auto const better = error < least;
        least = at::where(better, error, least);
        best = at::where(better, scale, best);
    }
    return best;
}

}  // namespace

void observe(value_statistics& s, at::Tensor const& x) {
    auto const magnitude = x.abs();
    double const largest = magnitude.max().item<double>();
    s.largest = std::isnan(largest) ? largest : std::max(s.largest, largest);
    if (!std::isfinite(s.largest)) return;
    auto const sum = x.dim() == 4 ? x.sum({0, 2, 3}, false, at::kDouble) : x.sum(0, false, at::kDouble);
    std::int64_t const rows_of_x = x.numel() / x.size(1);
    auto const rows = static_cast<double>(rows_of_x);
    auto const total = s.channel_mean.defined() ? s.channel_mean * s.rows + sum : sum;
    s.rows += rows;
    s.channel_mean = total / s.rows;
    count(s, magnitude);
}

float activation_scale(value_statistics const& s, calibration_method method, int levels) {
    if (!(s.largest > 0)) return 1.0F;
    double const limit = method == calibration_method::min_max      ? s.largest
                         : method == calibration_method::percentile ? percentile_of(s)
                                                                    : least_error_limit(s, levels);
    return static_cast<float>(limit / levels);
}

model::quantization quantize_weight(model::tensor const& weight, calibration_method method) {
    auto const rows = to_torch(weight).flatten(1);
    auto const largest = rows.abs().amax(1, true);
    auto scale = at::where(largest > 0, largest / weight_levels, at::ones_like(largest));
    if (method == calibration_method::mean_squared_error) scale = least_error_scale(rows, scale);
    auto const scales = scale.flatten().contiguous();
    model::quantization q;
    q.weight = from_torch(rounded(rows, scale).to(at::kChar).view(weight.shape()));
    q.weight_scale.assign(scales.data_ptr<float>(), scales.data_ptr<float>() + scales.numel());
    return q;
}

}  // namespace sma::libtorch
