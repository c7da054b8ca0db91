// Network configuration beside weights (config.json of Hugging Face and timm), as far as tensors do not tell it.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <string_view>

namespace sma::model {

/// Refuses networks that have the tensors of a plain ResNet and compute something else: those of timm with
/// anti-aliasing (blur pooling has no weights), which only their name tells. Errors: invalid_weights.
result<> check_architecture(std::string_view name);

/// Reads config.json in the folder of the weights, if there is one: its "architecture" (timm), and for a "model_type"
/// of resnet where strides are and which activation it has (Hugging Face). Anything else in it is not looked at.
/// Errors: invalid_weights.
result<> check_network_config(std::filesystem::path const& weights);

}  // namespace sma::model
