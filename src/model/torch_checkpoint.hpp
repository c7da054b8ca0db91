// Reader of zip files that PyTorch writes: state dicts from torch.save() and TorchScript.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/state_dict.hpp"

#include <filesystem>

namespace sma::model {

/// The names of a zip archive's records, without the archive's own folder. Errors: invalid_weights.
result<std::vector<std::string>> zip_records(std::filesystem::path const& file);

/// The tensors of a state dict in zip form, names as they stand in it; a wrapper ({"state_dict": ...}, "model",
/// "model_state_dict") is opened. Storages are copied into memory once and shared by their tensors. Errors:
/// invalid_weights.
result<state_dict> read_torch_checkpoint(std::filesystem::path const& file);

}  // namespace sma::model
