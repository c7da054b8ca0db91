// Recognition of a ResNet in a TorchScript file, and its layer graph.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <filesystem>

namespace sma::libtorch {

/// The layer graph of a module whose forward() consists of convolutions with ReLU, residual sums, max pooling and, at
/// its end, a global average pool and one linear layer. Batch-norms are folded in double precision. Shares no memory
/// with the module. Whoever runs it compares its logits with those of the module first. Errors: unsupported, with the
/// first operator that such a network does not have; invalid_weights (it does not load), out_of_memory, io_error.
result<model::graph> read_script_graph(std::filesystem::path const& file);

}  // namespace sma::libtorch
