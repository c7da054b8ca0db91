// Reference network as torchvision evaluates it: convolutions and batch-norms apart, nothing folded, no layer graph.
// The engines are compared with it.
#pragma once

#include "sma/model/graph.hpp"

#include <ATen/core/Tensor.h>

namespace sma::test {

/// Images f32 [n, h, w, 3] to logits f32 [n, classes], straight from the state dict, with libtorch's operators in
/// `type` (at::kFloat, or at::kDouble for a result without rounding).
at::Tensor plain_forward(model::state_dict const& weights, at::Tensor const& images, at::ScalarType type);

}  // namespace sma::test
