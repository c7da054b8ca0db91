// Index of sharded safetensors (model.safetensors.index.json), as Hugging Face writes it.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/safetensors.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sma::model {

/// True if a file that begins so is JSON, and may be an index.
bool may_be_index(std::string_view start) noexcept;

/// The names of the shards, each once, in order. They are files of the index's folder. Errors: io_error,
/// invalid_weights.
result<std::vector<std::string>> shards_of(std::filesystem::path const& index);

/// The tensors of all shards. Index and shards must name the same ones. Errors: those of read_safetensors().
result<state_dict> read_sharded(std::filesystem::path const& index);

}  // namespace sma::model
