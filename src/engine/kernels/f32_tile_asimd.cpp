#include "f32_tile.hpp"

#include "f32x8.hpp"

namespace sma::engine {
namespace {

template <int Rows>
void compute_rows(f32_tile const& t) {
    f32x8 sum[Rows][2];
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
        sum[r][0] = t.bias != nullptr ? load(t.bias) : f32x8{};
        sum[r][1] = t.bias != nullptr ? load(t.bias + f32x8_lanes) : f32x8{};
    }
    float const* w = t.weights;
    for (int tap = 0; tap < t.taps; ++tap) {
        float const* in[Rows];
        for (int r = 0; r < Rows; ++r) in[r] = t.rows[tap * tile_rows + r] + t.offset;
#pragma GCC unroll 2
        for (std::ptrdiff_t k = 0; k < t.length; ++k, w += tile_columns) {
            f32x8 const low = load(w);
            f32x8 const high = load(w + f32x8_lanes);
#pragma GCC unroll 6
            for (int r = 0; r < Rows; ++r) {
                float const x = in[r][k];
                sum[r][0] = x * low + sum[r][0];
                sum[r][1] = x * high + sum[r][1];
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
        float* const out = t.out + r * t.out_row;
        for (int half = 0; half < 2; ++half) {
            f32x8 x = sum[r][half];
            if (t.add) x += load(out + f32x8_lanes * half);
            if (t.relu) x = positive(x);
            store(out + f32x8_lanes * half, x);
        }
    }
}

}  // namespace

void compute(f32_tile const& t, int rows) {
    with_constant_rows(rows, [&t](auto constant) { compute_rows<constant()>(t); });
}

}  // namespace sma::engine
