// Timing of a classification, for the access line and Server-Timing.
#pragma once

#include "sma/http/response.hpp"
#include "sma/serving/classifier.hpp"

namespace sma::api {

/// `c` has at least one image.
http::prediction_timing timing_of(serving::classification const& c);

}  // namespace sma::api
