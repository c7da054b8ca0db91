// Winograd convolution in f32, F(4x4, 3x3): 3x3 kernels with stride 1 for a quarter of the multiplications.
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, section 4.3, has the matrices.
#pragma once

#include "bump_memory.hpp"
#include "convolution_shape.hpp"
#include "layer_kernel.hpp"

#include <memory>

namespace sma::engine {

/// True for the shapes that make_winograd_convolution() takes.
bool winograd_fits(convolution_shape const& shape) noexcept;

/// `weights`: [out, in, 3, 3]; their transformed form lies in `memory` and is four times as large. Needs AVX2 and FMA.
/// Throws out_of_memory.
std::unique_ptr<layer_kernel> make_winograd_convolution(convolution_shape const& shape, float const* weights,
                                                        float const* bias, bool residual, bool relu,
                                                        bump_memory& memory);

}  // namespace sma::engine
