// Recognition of a ResNet in an ONNX file, and its layer graph.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <filesystem>

namespace sma::onnx {

/// The layer graph of a network that consists of convolutions with ReLU, residual sums, max pooling and, at its end, a
/// global average pool and one linear layer. Batch-norms are folded in double precision. Shares no memory with the
/// file. Whoever runs it compares its logits with those of ONNX Runtime first. Errors: unsupported, with the first
/// operator that such a network does not have; those of describe_file().
result<model::graph> read_graph(std::filesystem::path const& file);

}  // namespace sma::onnx
