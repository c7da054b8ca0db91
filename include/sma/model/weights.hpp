// Weight files: detection of their kind, and their tensors.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/file_kind.hpp"
#include "sma/model/graph.hpp"
#include "sma/model/remark.hpp"
#include "sma/model/torch_archive.hpp"

#include <filesystem>
#include <vector>

namespace sma::model {

/// Judged by content, not by name. Errors: io_error, invalid_weights (also for old, non-zip .pth files, with how to
/// convert them), those of `archives`.
result<file_kind> detect_file_kind(std::filesystem::path const& file, torch_archives const& archives);

/// Whether detect_file_kind() finds ONNX. False for what cannot be read.
bool is_onnx(std::filesystem::path const& file);

/// Tensors of a file with torchvision's names.
struct weights {
    state_dict tensors;           ///< may view one memory that holds the whole file
    std::vector<remark> remarks;  ///< what was taken, renamed or left out
};

/// Weights from safetensors (F32, F16, BF16, I8 ...) or a zip .pth. What trainers put around a state dict, prefixes,
/// and other names of the same network are removed (src/model/weight_names.hpp). Errors: io_error, out_of_memory,
/// invalid_weights (one shard of several, too), those of `archives`; unsupported for TorchScript and ONNX.
result<weights> load_weights(std::filesystem::path const& file, torch_archives const& archives);

/// load_weights() and build_graph() in one, or read_quantized() for a file that `model quantize` wrote. Errors: as
/// theirs.
result<graph> load_graph(std::filesystem::path const& file, torch_archives const& archives);

}  // namespace sma::model
