// Engine runs on tensors, for tests.
#pragma once

#include "sma/engine/engine.hpp"

#include <ATen/core/Tensor.h>

#include <vector>

namespace sma::test {

/// Images f32 [n, h, w, 3] through `e`, converted to the element type that it wants; logits f32 [n, classes].
at::Tensor run_engine(engine::engine& e, at::Tensor const& images);

/// What one pass shows of its images.
struct seen_features {
    at::Tensor logits;     ///< f32 [n, classes]
    at::Tensor embedding;  ///< f32 [n, channels]
    at::Tensor maps;       ///< f32 [n, k, height, width], of the k classes asked for
};

/// As run_engine(), with the activation maps of `classes`. `e` has features().
seen_features run_with_features(engine::engine& e, at::Tensor const& images, std::vector<int> const& classes);

/// max |a - b| / max |b|.
double relative_difference(at::Tensor const& a, at::Tensor const& b);

}  // namespace sma::test
