// Reliability diagram as SVG: how often predictions are right, by their confidence, before and after calibration.
#pragma once

#include "sma/batch/temperature_scaling.hpp"

#include <string>

namespace sma::batch {

/// An SVG document. Bars are the share that is right in each bin, the diagonal is where it equals the confidence.
std::string reliability_diagram(temperature_report const& report);

}  // namespace sma::batch
