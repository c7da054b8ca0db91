// Weights of a quantized graph: the file that keeps them, and the floats that they stand for.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace sma::model {

/// Writes a quantized graph as safetensors: tensors `int8.<layer>.weight` (I8), `.weight_scale` and `.bias` (F32), and
/// `int8.graph` (U8), the layers as JSON. No name is one that a float model has. Errors: io_error, invalid_weights.
/// `metadata` is added to that of the file.
result<> write_quantized(std::filesystem::path const& file, graph const& network,
                         std::map<std::string, std::string> const& metadata = {});

/// True if the tensors are those of a quantized file.
bool is_quantized(state_dict const& tensors);

/// The graph of a quantized file, whose tensors are those of the file. Strict: everything is checked against everything
/// else. Errors: invalid_weights.
result<graph> read_quantized(state_dict const& tensors);

/// The graph with float weights computed from the int8 ones and `quantized` false: for an engine that has no int8. A
/// graph that is not quantized is returned as it is.
graph dequantized(graph network);

/// The weights that int8 ones stand for: F32, the same shape.
tensor float_weight(quantization const& q);

}  // namespace sma::model
