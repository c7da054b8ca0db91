// Files that weights are read from: one, or the shards that an index names.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <vector>

namespace sma::model {

/// `file` itself, and after it the shards where it is the index of sharded safetensors. Errors: io_error,
/// invalid_weights.
result<std::vector<std::filesystem::path>> weight_files(std::filesystem::path const& file);

}  // namespace sma::model
