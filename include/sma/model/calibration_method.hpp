// Method of calibration: how ranges follow from samples.
#pragma once

#include <string_view>

namespace sma::model {

/// The rule by which the observed values of an activation give its range.
enum class calibration_method {
    min_max,            ///< the largest
    percentile,         ///< all but the largest 0.01 %
    mean_squared_error  ///< the range with the least squared error of what is stored; also for weights
};

/// "min-max", "percentile" or "mean squared error".
std::string_view calibration_method_name(calibration_method m) noexcept;

}  // namespace sma::model
