// JSON of a classification in the response of /predict.
#pragma once

#include "sma/api/image_sources.hpp"
#include "sma/serving/classifier.hpp"

#include <string>

namespace sma::api {

/// What is told of an image.
struct prediction_choice {
    int top_k;                  ///< 1 to the number of classes
    double min_confidence = 0;  ///< classes and groups below are left out
    bool groups = false;        ///< what the classes of each group add up to, too
};

/// `images` and `c.logits` are of one length, >= 1. One image that is not asked for as a list
/// gives "predictions", anything else "results" in the order sent; an image that failed carries its own error there,
/// and one of which no class is left "unknown". Groups stand
/// behind the predictions of their image; the model must have some.
std::string prediction_json(image_sources const& images, serving::classification const& c,
                            prediction_choice const& choice);

}  // namespace sma::api
