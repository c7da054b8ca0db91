// Resampling weights of one axis of resize and crop: the source pixels that make up each output pixel, with Pillow's
// fixed-point weights.
#pragma once

#include "sma/image/crop_area.hpp"
#include "sma/image/preprocess.hpp"

#include <cstdint>
#include <vector>

namespace sma::image {

/// Fractional bits of a weight, as in Pillow's resample for 8-bit images.
constexpr int weight_bits = 22;

/// Weights for `count` output pixels. Output i is the sum over t < taps of weight(i)[t] * source[first[i] + t]. Plain
/// data; belongs to one thread.
struct resample_weights {
    int count = 0;       ///< output pixels
    int pad_before = 0;  ///< zeros before the first of them
    int taps = 0;        ///< weights an output pixel, the unused ones zero
    int begin = 0;       ///< the source pixels that any output needs: [begin, end)
    int end = 0;
    std::vector<std::int32_t> first;    ///< count
    std::vector<std::int32_t> length;   ///< count; taps that count, >= 1
    std::vector<std::int32_t> weights;  ///< count x taps, row by row

    std::int32_t const* weights_of(int i) const noexcept { return weights.data() + std::size_t(i) * std::size_t(taps); }
};

/// Pixels of a side that was decoded at 1 / shrink of its length: the last one may stand for less than the others.
constexpr int shrunk(int side, int shrink) noexcept { return (side + shrink - 1) / shrink; }

/// Computes the weights of a side of `source` pixels, resized to `resized` and cropped, for the pixels of the shrunk
/// side. `mirrored`: the source runs backwards. source, resized, crop >= 1. Throws std::bad_alloc.
void make_resample_weights(resample_weights& a, int source, std::int64_t resized, int crop, interpolation filter,
                           bool mirrored, int shrink = 1);

}  // namespace sma::image
