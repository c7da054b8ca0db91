// JSON of embeddings in the response of /embed.
#pragma once

#include "sma/api/image_sources.hpp"
#include "sma/serving/image_classifier.hpp"

#include <string>
#include <string_view>

namespace sma::api {

/// `images` and `c.logits` are of one length, >= 1, and `c` has embeddings. One image that is not asked for as a list
/// gives "embedding", anything else "results" in the order sent; an image that failed carries its own error there.
std::string embedding_json(image_sources const& images, serving::classification const& c, std::string_view norm);

}  // namespace sma::api
