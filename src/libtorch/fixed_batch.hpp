// The batch that a TorchScript module was traced with, where it runs on no other.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/script.h>

#include <optional>

namespace sma::libtorch {

/// The number of images that `module` answers although it answers neither one image, as the caller has found, nor one
/// more. Powers of two up to 64 are tried, for a few seconds and within a part of the usable memory: nothing does not
/// say that there is none. `sample` has the shape, type and device of one image.
std::optional<int> fixed_batch(torch::jit::Module const& module, at::Tensor const& sample);

}  // namespace sma::libtorch
