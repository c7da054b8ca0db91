// Direct convolution in f32: tiles of output pixels by output channels, read through pointers without a copy.
#pragma once

#include "bump_memory.hpp"
#include "convolution_shape.hpp"
#include "layer_kernel.hpp"

#include <memory>

namespace sma::engine {

/// `weights`: [out, in, kernel, kernel]; their packed form lies in `memory`. Needs AVX2 and FMA. Throws out_of_memory.
std::unique_ptr<layer_kernel> make_f32_convolution(convolution_shape const& shape, float const* weights,
                                                   float const* bias, bool residual, bool relu, bump_memory& memory);

}  // namespace sma::engine
