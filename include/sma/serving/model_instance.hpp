// Model instance: a loaded engine with its pre-processing and labels, and what /info says of it.
#pragma once

#include "sma/engine/engine.hpp"
#include "sma/image/preprocess.hpp"
#include "sma/model/confidence_calibration.hpp"
#include "sma/serving/class_groups.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sma::serving {

/// Created by the loader, shared by every request that began while it was current: a request is pre-processed for, and
/// run by, the model it began with. Everything but the engine is immutable; the engine belongs to the inference thread
/// (its describe(), input() and classes() are constant and may be read anywhere).
struct model_instance {
    std::unique_ptr<sma::engine::engine> engine;
    image::preprocess_options preprocess;
    std::string preprocess_source;    ///< where it comes from: "preprocessor_config.json beside the weights"
    std::vector<std::string> labels;  ///< engine->classes() names
    class_groups groups;
    std::optional<model::confidence_calibration> calibration;
    std::string architecture;  ///< "ResNet-50"
    std::string weights_file;  ///< for the log; never sent to clients
    std::string weights_sha256;

    /// What logits are divided by before the softmax.
    double temperature() const noexcept { return calibration ? calibration->temperature : 1; }
};

}  // namespace sma::serving
