// Method of calibration: how ranges follow from samples.
#pragma once

#include <string_view>

namespace sma::libtorch {

/// The rule by which the observed values of an activation give its range.
enum class calibration_method {
    min_max,            ///< the largest
    percentile,         ///< all but the largest 0.01 %
    mean_squared_error  ///< the range with the least squared error of what is stored; also for weights
};

/// "min-max", "percentile" or "mean squared error".
constexpr std::string_view calibration_method_name(calibration_method m) noexcept {
    switch (m) {
        case calibration_method::min_max:
            return "min-max";
        case calibration_method::percentile:
            return "percentile";
        default:
            return "mean squared error";
    }
}

}  // namespace sma::libtorch
