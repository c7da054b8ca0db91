// Description of a weight file, for `model inspect FILE`.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/weights.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sma::model {

/// A value; may be used on any thread.
struct file_description {
    file_kind kind = file_kind::safetensors;
    std::string architecture;     ///< "ResNet-50"; empty for TorchScript and for what is not recognized
    std::vector<remark> remarks;  ///< what is taken from the file, renamed or left out
    std::string problem;          ///< why the file cannot be served; empty if it can
    int classes = 0;              ///< 0 where it is not known
    std::size_t tensors = 0;
    std::uint64_t parameters = 0;                 ///< elements of all tensors but `num_batches_tracked`
    std::map<std::string, std::uint64_t> dtypes;  ///< type, e.g. "F16", to number of tensors
    std::map<std::string, std::string> metadata;  ///< of a safetensors file
    std::uint64_t file_bytes = 0;
    std::string sha256;
    bool quantized = false;
};

/// Reads the file and describes it. A readable file of an unknown architecture is described too, with `problem`.
/// Errors: io_error, invalid_weights (the file itself is broken), those of `archives`; unsupported for ONNX, which
/// onnx::describe_file() describes.
result<file_description> inspect_file(std::filesystem::path const& file, torch_archives const& archives);

}  // namespace sma::model
