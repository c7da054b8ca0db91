// Transforms of Winograd's F(4x4, 3x3) over vectors of channels, with the matrices of Lavin and Gray (2015).
#pragma once

#include <array>
#include <cstddef>

namespace sma::engine::winograd {

constexpr int tile = 4;     ///< output pixels of a tile, in each direction
constexpr int patch = 6;    ///< input pixels
constexpr int points = 36;  ///< products of a tile

/// 36 values of one channel's kernel, from 9.
std::array<float, points> transform_kernel(float const* kernel, std::ptrdiff_t step);

/// A tile's patch of the input. Pixels outside the image are zero.
struct input_patch {
    float const* image;  ///< NHWC
    int height, width, channels;
    int top, left;  ///< of the patch; may lie outside
};

/// out[point * step + channel]. `channels` is a multiple of 8. Needs AVX2 and FMA on x86-64.
void transform_input(input_patch const& in, float* out, std::ptrdiff_t step);

/// Where a tile's output goes. Pixels outside the image are not written.
struct output_tile {
    float* image;  ///< NHWC
    int height, width, channels;
    int top, left;
    float const* bias;
    bool add;
    bool relu;
};

/// From in[point * step + channel]. `channels` is a multiple of 8. Needs AVX2 and FMA on x86-64.
void transform_output(float const* in, std::ptrdiff_t step, output_tile const& out);

}  // namespace sma::engine::winograd
