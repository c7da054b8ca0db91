// JSON of the class activation maps of an image.
#pragma once

#include "sma/core/json_writer.hpp"
#include "sma/serving/image_classifier.hpp"

#include <cstddef>

namespace sma::api {

/// Adds "explanation": the rectangle that the network saw, and a map for each class, as a picture to be laid over the
/// crop or as numbers. `c` has features of this image.
void write_explanation(object_writer& o, serving::classification const& c, std::size_t image, bool as_png);

}  // namespace sma::api
