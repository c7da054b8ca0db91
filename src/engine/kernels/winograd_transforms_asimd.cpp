#include "winograd_transforms.hpp"

#include "f32x8.hpp"

#include <algorithm>

namespace sma::engine::winograd {
namespace {

SMA_INLINE f32x8 times(float factor, f32x8 x, f32x8 plus) { return factor * x + plus; }

/// Six values by B transposed, in place; `step` apart.
SMA_INLINE void transform_six(f32x8* d, int step) {
    f32x8 const d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    f32x8 const even = times(-4, d2, d4);
    f32x8 const odd = times(-4, d1, d3);
    f32x8 const even2 = d4 - d2;
    f32x8 const odd2 = d3 - d1;
    d[0] = times(4, d0, times(-5, d2, d4));
    d[step] = even + odd;
    d[2 * step] = even - odd;
    d[3 * step] = times(2, odd2, even2);
    d[4 * step] = times(-2, odd2, even2);
    d[5 * step] = times(4, d1, times(-5, d3, d5));
}

/// Four values from six by A transposed.
SMA_INLINE void transform_four(f32x8 const* m, int step, f32x8* out, int out_step) {
    f32x8 const sum = m[step] + m[2 * step];
    f32x8 const difference = m[step] - m[2 * step];
    f32x8 const sum2 = m[3 * step] + m[4 * step];
    f32x8 const difference2 = m[3 * step] - m[4 * step];
    out[0] = m[0] + (sum + sum2);
    out[out_step] = times(2, difference2, difference);
    out[2 * out_step] = times(4, sum2, sum);
    out[3 * out_step] = m[5 * step] + times(8, difference2, difference);
}

SMA_INLINE void load_patch(input_patch const& in, int channel, f32x8* d) {
    for (int y = 0; y < patch; ++y)
        for (int x = 0; x < patch; ++x) {
            int const row = in.top + y;
            int const column = in.left + x;
            bool const inside = row >= 0 && row < in.height && column >= 0 && column < in.width;
            d[y * patch + x] =
                inside ? load(in.image + (static_cast<std::ptrdiff_t>(row) * in.width + column) * in.channels + channel)
                       : f32x8{};
        }
}

SMA_INLINE void load_whole_patch(input_patch const& in, int channel, f32x8* d) {
    float const* const first =
        in.image + (static_cast<std::ptrdiff_t>(in.top) * in.width + in.left) * in.channels + channel;
    for (int y = 0; y < patch; ++y)
        for (int x = 0; x < patch; ++x)
            d[y * patch + x] = load(first + (static_cast<std::ptrdiff_t>(y) * in.width + x) * in.channels);
}

SMA_INLINE void store_pixel(output_tile const& out, std::ptrdiff_t pixel, int channel, f32x8 x) {
    float* const to = out.image + pixel * out.channels + channel;
    if (out.add) x += load(to);
    if (out.relu) x = positive(x);
    store(to, x);
}

}  // namespace

void transform_input(input_patch const& in, float* out, std::ptrdiff_t step) {
    bool const whole = in.top >= 0 && in.left >= 0 && in.top + patch <= in.height && in.left + patch <= in.width;
    f32x8 d[points];
    for (int channel = 0; channel < in.channels; channel += f32x8_lanes) {
        whole ? load_whole_patch(in, channel, d) : load_patch(in, channel, d);
        for (int x = 0; x < patch; ++x) transform_six(d + x, patch);
        for (int y = 0; y < patch; ++y) transform_six(d + y * patch, 1);
        for (int p = 0; p < points; ++p) store(out + p * step + channel, d[p]);
    }
}

void transform_output(float const* in, std::ptrdiff_t step, output_tile const& out) {
    int const rows = std::min(tile, out.height - out.top);
    int const columns = std::min(tile, out.width - out.left);
    for (int channel = 0; channel < out.channels; channel += f32x8_lanes) {
        f32x8 m[points];
        f32x8 half[tile * patch];
        f32x8 result[tile * tile];
        for (int p = 0; p < points; ++p) m[p] = load(in + p * step + channel);
        for (int x = 0; x < patch; ++x) transform_four(m + x, patch, half + x, patch);
        for (int y = 0; y < tile; ++y) transform_four(half + y * patch, 1, result + y * tile, 1);
        f32x8 const bias = load(out.bias + channel);
        for (int y = 0; y < rows; ++y)
            for (int x = 0; x < columns; ++x)
                store_pixel(out, static_cast<std::ptrdiff_t>(out.top + y) * out.width + out.left + x, channel,
                            result[y * tile + x] + bias);
    }
}

}  // namespace sma::engine::winograd
