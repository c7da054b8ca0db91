// Answers about uploaded images: refusals, failures and timing that /predict and /embed share.
#pragma once

#include "sma/api/image_sources.hpp"
#include "sma/http/request.hpp"
#include "sma/http/response.hpp"
#include "sma/serving/served_models.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace sma::api {

/// The model of the query parameter `model`, else the default one. Error: not_found.
result<serving::served_model const*> asked_model(serving::served_models const& models, http::request const& r);
/// The models that the query parameter `model` names, separated by commas, each once; else the default one. Errors:
/// not_found, validation_error.
result<std::vector<serving::served_model const*>> asked_models(serving::served_models const& models,
                                                               http::request const& r);

/// Those that are there.
std::vector<std::string_view> files_of(image_sources const& found);
/// Puts images that could not be fetched back into their places, where the classification has none of them.
void add_failures(serving::classification& c, image_sources const& found);
/// The error to answer with when there is nothing else to say: the only image failed, or all of them did.
std::optional<error> whole_failure(serving::classification const& c);

http::response refusal(error const& e, http::request const& r);
http::response with_timing(http::response answer, serving::classification const& c);

}  // namespace sma::api
