// Calibration of a model's confidences: the temperature that `model calibrate` has fitted, kept with the weights.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sma::model {

struct confidence_calibration {
    double temperature = 1;    ///< logits are divided by it before the softmax; > 0
    std::uint64_t photos = 0;  ///< that it was fitted on, >= 1
    double error_before = 0;   ///< expected calibration error without it, 0 to 1
    double error_after = 0;    ///< the same with it, of photos that it was not fitted on
};

/// A safetensors file keeps it in its metadata, others have `NAME.calibration.json` beside them, which also names the
/// weights by `weights_sha256`. Nothing if there is none. Errors: io_error, invalid_weights; validation_error for a
/// file beside weights that it was not made for.
result<std::optional<confidence_calibration>> read_calibration(std::filesystem::path const& weights,
                                                               std::string_view weights_sha256);

/// Writes it where read_calibration() looks; a safetensors file is replaced by one with the same tensors. Returns the
/// file that was written. Errors: those of reading the weights, io_error.
result<std::filesystem::path> write_calibration(std::filesystem::path const& weights, std::string_view weights_sha256,
                                                confidence_calibration const& c);

}  // namespace sma::model
