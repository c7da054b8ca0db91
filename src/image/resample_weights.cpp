#include "resample_weights.hpp"

#include <algorithm>
#include <cmath>

namespace sma::image {

namespace {

double bilinear(double x) noexcept {
    x = std::fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

double bicubic(double x) noexcept {
    constexpr double a = -0.5;
    x = std::fabs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

struct kernel {
    double (*at)(double);
    double support;
};

kernel kernel_of(interpolation filter) noexcept {
    if (filter == interpolation::bicubic) return {bicubic, 2.0};
    return {bilinear, 1.0};
}

std::int32_t to_fixed(double weight) noexcept {
    double const scaled = weight * (1 << weight_bits);
    return static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

// As Pillow's precompute_coeffs does it, so that the sums agree to the bit.
void fill_output(resample_weights& a, int i, double center, int source, kernel const& k, double filter_scale,
                 std::vector<double>& real) {
    double const support = k.support * filter_scale;
    int const low = std::max(0, static_cast<int>(center - support + 0.5));
    int const high = std::min(source, static_cast<int>(center + support + 0.5));
    int const length = std::max(1, high - low);
    double const inverse = 1.0 / filter_scale;
    double sum = 0;
    real.assign(static_cast<std::size_t>(length), 0.0);
    for (int t = 0; t < length; ++t) {
        real[std::size_t(t)] = k.at((t + low - center + 0.5) * inverse);
        sum += real[std::size_t(t)];
    }
    auto* weights = a.weights.data() + std::size_t(i) * std::size_t(a.taps);
    for (int t = 0; t < length; ++t)
        weights[t] = to_fixed(sum != 0.0 ? real[std::size_t(t)] / sum : real[std::size_t(t)]);
    a.first[std::size_t(i)] = low;
    a.length[std::size_t(i)] = length;
}

void mirror(resample_weights& a, int source) {
    for (int i = 0; i < a.count; ++i) {
        auto const n = std::size_t(i);
        a.first[n] = source - a.first[n] - a.length[n];
        auto* weights = a.weights.data() + n * std::size_t(a.taps);
        std::reverse(weights, weights + a.length[n]);
    }
}

}  // namespace

void make_resample_weights(resample_weights& a, int source, std::int64_t resized, int crop, interpolation filter,
                           bool mirrored, int shrink) {
    auto const window = center_crop(resized, crop);
    auto const k = kernel_of(filter);
    int const pixels = shrunk(source, shrink);
    double const length = static_cast<double>(source) / shrink;
    double const scale = length / static_cast<double>(resized);
    double const start = mirrored ? pixels - length : 0.0;
    double const filter_scale = std::max(1.0, scale);

    a.count = window.count;
    a.pad_before = window.pad_before;
    a.taps = std::min(pixels, static_cast<int>(std::ceil(k.support * filter_scale)) * 2 + 1);
    a.first.resize(std::size_t(a.count));
    a.length.resize(std::size_t(a.count));
    a.weights.assign(std::size_t(a.count) * std::size_t(a.taps), 0);

    std::vector<double> real;
    for (int i = 0; i < a.count; ++i) {
        double const center = start + (static_cast<double>(window.offset + i) + 0.5) * scale;
        fill_output(a, i, center, pixels, k, filter_scale, real);
    }
    if (mirrored) mirror(a, pixels);

    a.begin = pixels;
    a.end = 0;
    for (int i = 0; i < a.count; ++i) {
        a.begin = std::min(a.begin, a.first[std::size_t(i)]);
        a.end = std::max(a.end, a.first[std::size_t(i)] + a.length[std::size_t(i)]);
    }
}

}  // namespace sma::image
