// Reader of zip files that PyTorch writes: state dicts from torch.save() and TorchScript.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/torch_archive.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace sma::libtorch {

// What model::torch_archive_reader promises.
result<model::file_kind> archive_kind(std::filesystem::path const& file);
result<model::checkpoint> read_checkpoint(std::filesystem::path const& file);
result<std::map<std::string, std::string>> read_extra_files(std::filesystem::path const& file);

}  // namespace sma::libtorch
