// Pre-processing that a model's files ask for: inside the weight file, or in JSON files beside it.
#pragma once

#include "sma/core/error.hpp"
#include "sma/image/preprocess.hpp"
#include "sma/model/file_kind.hpp"
#include "sma/model/remark.hpp"
#include "sma/model/torch_archive.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::model {

struct file_preprocessing {
    image::preprocess_options options;
    std::string source;           ///< "preprocessor_config.json beside the weights"
    std::vector<remark> remarks;  ///< what the files say and is not used
};

/// Looks into the weight file (the metadata of safetensors, the extra files of TorchScript), then beside it. In either
/// place preprocess.json and preprocessor_config.json have the form of Hugging Face's image processors, and config.json
/// that of timm. Nothing where no file tells. Errors: unsupported, for what the decoder does not compute;
/// invalid_weights, for a file that is broken; io_error, those of `archives`.
result<std::optional<file_preprocessing>> find_file_preprocessing(std::filesystem::path const& weights, file_kind kind,
                                                                  torch_archives const& archives);

/// The same with the texts that the weight file has within, by name, which somebody else has read.
result<std::optional<file_preprocessing>> find_file_preprocessing(std::filesystem::path const& weights,
                                                                  std::map<std::string, std::string> const& texts);

/// The first name that is looked for, and that of what this program writes.
inline constexpr std::string_view preprocess_json_name = "preprocess.json";

/// JSON of a preprocess.json that asks for `options`.
std::string preprocessing_json(image::preprocess_options const& options);

}  // namespace sma::model
