// TorchScript module of a layer graph, frozen and optimized for inference: the fastest form without leaving libtorch.
#pragma once

#include "sma/model/graph.hpp"

#include <torch/csrc/jit/api/module.h>

namespace sma::bench {

/// forward(x: f32 [n, 3, h, w]) -> [n, classes].
torch::jit::Module scripted_network(model::graph const& network);

}  // namespace sma::bench
