// Kind of a weight file.
#pragma once

#include <string_view>

namespace sma::model {

enum class file_kind { safetensors, pth, torchscript, onnx };

/// The name for people: "safetensors", "PyTorch state dict", "TorchScript", "ONNX".
std::string_view file_kind_name(file_kind kind) noexcept;

}  // namespace sma::model
