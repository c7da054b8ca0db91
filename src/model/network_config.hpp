// Checks of what is said about a network beside its tensors, as far as tensors do not tell it: by the weight file's
// name and metadata, and by config.json of Hugging Face and timm.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace sma::model {

/// Refuses networks that have the tensors of a plain ResNet and compute something else: those of timm with
/// anti-aliasing (blur pooling has no weights), which only their name tells. Errors: invalid_weights.
result<> check_architecture(std::string_view name);

/// The same for names that people give: only timm's own name with its depth counts ("resnetblur50_84f4748f.pth",
/// "ResNetAA50.safetensors"), not every "blur" (a classifier may look for that). Errors: invalid_weights.
result<> check_file_name(std::filesystem::path const& weights);

/// The metadata of a safetensors file: "architecture" and "model_name". Errors: invalid_weights.
result<> check_metadata(std::map<std::string, std::string> const& metadata);

/// Reads config.json in the folder of the weights, if there is one: its "architecture", "global_pool" and "model_args"
/// (timm), and for a "model_type" of resnet where strides are and which activation it has (Hugging Face). Of
/// "model_args" only what cannot change the result, or tensors tell, is accepted. Anything else in it is not looked at.
/// Errors: invalid_weights.
result<> check_network_config(std::filesystem::path const& weights);

}  // namespace sma::model
