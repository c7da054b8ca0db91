#include "sma/model/calibration_method.hpp"

namespace sma::model {

std::string_view calibration_method_name(calibration_method m) noexcept {
    switch (m) {
        case calibration_method::min_max:
            return "min-max";
        case calibration_method::percentile:
            return "percentile";
        default:
            return "mean squared error";
    }
}

}  // namespace sma::model
