// Kind of a weight file.
#pragma once

#include <string_view>

namespace sma::model {

enum class file_kind { safetensors, pth, torchscript };

/// The name for people: "safetensors", "PyTorch state dict", "TorchScript".
std::string_view file_kind_name(file_kind kind) noexcept;

}  // namespace sma::model
