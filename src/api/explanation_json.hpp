// JSON of the class activation maps of an image.
#pragma once

#include "sma/core/json_writer.hpp"
#include "sma/serving/image_classifier.hpp"

#include <cstddef>

namespace sma::api {

struct explanation_form {
    bool as_png;  ///< an overlay of the crop, else the numbers
    int resize;   ///< the setting
};

/// Adds "explanation": the rectangle that the network saw, and a map for each class. `c` has features of this image.
void write_explanation(object_writer& o, serving::classification const& c, std::size_t image,
                       explanation_form const& form);

}  // namespace sma::api
