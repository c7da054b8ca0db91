// Weight files: detection of their kind, and their tensors.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/file_kind.hpp"
#include "sma/model/graph.hpp"
#include "sma/model/torch_archive.hpp"

#include <filesystem>

namespace sma::model {

/// Judged by content, not by name. Errors: io_error, invalid_weights (also for old, non-zip .pth files, with how to
/// convert them), those of `archives`.
result<file_kind> detect_file_kind(std::filesystem::path const& file, torch_archives const& archives);

/// A state dict from safetensors (F32, F16, BF16, I8 ...) or a zip .pth. A wrapper such as
/// {"state_dict": ...} and the prefixes `module.`, `model.` and `_orig_mod.` are removed. Tensors may view one
/// memory that holds the whole file. Errors: io_error, out_of_memory, invalid_weights, those of `archives`; unsupported
/// for TorchScript.
result<state_dict> load_state_dict(std::filesystem::path const& file, torch_archives const& archives);

/// load_state_dict() and build_graph() in one, or read_quantized() for a file that `model quantize` wrote. Errors: as
/// theirs.
result<graph> load_graph(std::filesystem::path const& file, torch_archives const& archives);

}  // namespace sma::model
