// Server-Timing and access-line fields of a classification.
#pragma once

#include "sma/http/response.hpp"
#include "sma/serving/classifier.hpp"

namespace sma::api {

/// Adds both to `answer`. `c` has at least one image: the batch size and the best class are those of the first.
void add_timing(http::response& answer, serving::classification const& c);

}  // namespace sma::api
