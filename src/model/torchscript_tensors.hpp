// Tensors of a TorchScript file, for `model inspect`. The engine loads such files by itself.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <filesystem>

namespace sma::model {

/// Parameters and buffers by name. Errors: invalid_weights.
result<state_dict> read_torchscript_tensors(std::filesystem::path const& file);

}  // namespace sma::model
