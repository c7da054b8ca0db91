// Pre-processing of a model, from the settings and the model's files.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/settings.hpp"
#include "sma/image/preprocess.hpp"
#include "sma/model/file_kind.hpp"
#include "sma/model/remark.hpp"
#include "sma/onnx/onnx_file.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sma::app {

struct model_preprocessing {
    image::preprocess_options options;
    std::string source;  ///< for people: "preprocessor_config.json beside the weights, crop of the settings"
    std::vector<model::remark> remarks;
};

/// What the settings say; then, with `preprocess = auto`, what the weight file says; then files beside it; then
/// torchvision's V1, for ONNX in the size that the file tells. Reads files: not on the I/O thread. Errors: those of
/// model::find_file_preprocessing(); for ONNX also invalid_setting, for what does not fit the input, and those of
/// onnx::describe_file().
result<model_preprocessing> find_preprocessing(settings const& s, std::filesystem::path const& weights,
                                               model::file_kind kind);
/// The same of an ONNX file that has been described.
result<model_preprocessing> find_onnx_preprocessing(settings const& s, std::filesystem::path const& weights,
                                                    onnx::onnx_file const& described);

/// The side of the network's input as far as it can be told without loading the weights: of the settings, of an ONNX
/// file, or of files beside the weights, else 224. For bounds of memory.
int expected_crop(settings const& s);

}  // namespace sma::app
