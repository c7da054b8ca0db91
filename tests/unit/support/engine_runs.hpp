// Engine runs on tensors, for tests.
#pragma once

#include "sma/engine/engine.hpp"

#include <ATen/core/Tensor.h>

namespace sma::test {

/// Images f32 [n, h, w, 3] through `e`, converted to the element type that it wants; logits f32 [n, classes].
at::Tensor run_engine(engine::engine& e, at::Tensor const& images);

/// max |a - b| / max |b|.
double relative_difference(at::Tensor const& a, at::Tensor const& b);

}  // namespace sma::test
