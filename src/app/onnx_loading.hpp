// Loading of ONNX files: the choice of the engine that runs one.
#pragma once

#include "own_engine.hpp"
#include "sma/onnx/onnx_file.hpp"

#include <filesystem>

namespace sma::app {

/// A ResNet runs on our own engine if its logits for two images of noise are those of ONNX Runtime, anything else
/// there. `described` is of the file, and `crop` is the side of the input. On the loader thread. Errors: unsupported
/// (settings that do not fit, the part "onnx" is missing), those of both engines.
result<loaded_network> load_onnx(settings const& s, std::filesystem::path const& file, onnx::onnx_file const& described,
                                 int crop);

}  // namespace sma::app
