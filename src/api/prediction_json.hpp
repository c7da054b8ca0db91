// JSON of a classification in the response of /predict.
#pragma once

#include "sma/api/image_sources.hpp"
#include "sma/serving/classifier.hpp"

#include <string>
#include <vector>

namespace sma::api {

struct explanation_choice {
    int classes = 0;  ///< with an activation map; 0: no explanation
    bool as_png = false;
};

/// What is told of an image.
struct prediction_choice {
    int top_k;                  ///< 1 to the number of classes
    double min_confidence = 0;  ///< classes and groups below are left out
    bool groups = false;        ///< what the classes of each group add up to, too
    explanation_choice explain{};
};

/// What one model says.
struct model_prediction {
    std::string name;  ///< of the model; only where there are several
    prediction_choice choice;
    serving::classification classified;
};

/// The images and each classification's logits are of one length, >= 1. One image that is not asked for as a list
/// gives "predictions", anything else "results" in the order sent; an image that failed carries its own error there,
/// and one of which no class is left "unknown". Groups stand behind the predictions of their image; the model must have
/// some. What was asked to be explained has an "explanation". Several answers (>= 1) stand in "models".
std::string prediction_json(image_sources const& images, std::vector<model_prediction> const& answers);

}  // namespace sma::api
