// Weight files: detection of their kind, and their tensors.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace sma::model {

enum class file_kind { safetensors, pth, torchscript };

/// The name for people: "safetensors", "PyTorch state dict", "TorchScript".
std::string_view file_kind_name(file_kind kind) noexcept;

/// Judged by content, not by name. Errors: io_error, invalid_weights (also for old, non-zip .pth files, with how to
/// convert them).
result<file_kind> detect_file_kind(std::filesystem::path const& file);

/// A state dict from safetensors (F32, F16, BF16, I8 ...) or a zip .pth. A wrapper such as
/// {"state_dict": ...} and the prefixes `module.`, `model.` and `_orig_mod.` are removed. Tensors may view one
/// memory that holds the whole file. Errors: io_error, out_of_memory, invalid_weights; unsupported for TorchScript.
result<state_dict> load_state_dict(std::filesystem::path const& file);

/// load_state_dict() and build_graph() in one, or read_quantized() for a file that `model quantize` wrote. Errors: as
/// theirs.
result<graph> load_graph(std::filesystem::path const& file);

}  // namespace sma::model
