// JSON of a classification in the response of /predict.
#pragma once

#include "sma/api/image_sources.hpp"
#include "sma/serving/classifier.hpp"

#include <string>

namespace sma::api {

/// `images` and `c.logits` are of one length, >= 1; 1 <= top_k <= classes. One image that is not asked for as a list
/// gives "predictions", anything else "results" in the order sent; an image that failed carries its own error there.
std::string prediction_json(image_sources const& images, serving::classification const& c, int top_k);

}  // namespace sma::api
