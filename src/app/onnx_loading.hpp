// Loading of ONNX files: the choice of the engine that runs one.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/settings.hpp"
#include "sma/engine/engine.hpp"
#include "sma/model/remark.hpp"
#include "sma/onnx/onnx_file.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sma::app {

struct loaded_onnx {
    std::unique_ptr<engine::engine> engine;
    std::string architecture;  ///< "ResNet-50", or "ONNX" for what only ONNX Runtime knows
    std::vector<model::remark> remarks;
};

/// A ResNet runs on our own engine if its logits for two images of noise are those of ONNX Runtime, anything else
/// there. `described` is of the file, and `crop` is the side of the input. On the loader thread. Errors: unsupported
/// (settings that do not fit, the part "onnx" is missing), those of both engines.
result<loaded_onnx> load_onnx(settings const& s, std::filesystem::path const& file, onnx::onnx_file const& described,
                              int crop);

/// max |a - b| over max |b| of the logits for two images of noise; infinite where one is not finite. Both engines take
/// f32 images of one size and have as many classes. Throws what infer() throws.
double logit_difference(engine::engine& a, engine::engine& b);

}  // namespace sma::app
