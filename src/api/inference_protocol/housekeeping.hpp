// Endpoints that Triton's clients ask for housekeeping: repository index, trace and log settings, shared memory. This
// server has nothing to set there, and answers as Triton does with these switched off.
#pragma once

#include "model_directory.hpp"
#include "sma/core/error.hpp"
#include "sma/http/request.hpp"
#include "sma/http/response.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace sma::api::inference_protocol {

/// The body of a request that has few members or none; empty is an object without any. Errors: malformed_request,
/// validation_error, file_too_large.
result<boost::json::object> read_small_object(std::string_view body);

// For metadata_endpoint.

/// The models whose names are known; with `"ready": true` only those that serve.
result<http::response> describe_repository(model_directory const& models, http::request const& r);
/// Errors: not_implemented, and for the model's own settings not_found.
result<http::response> describe_tracing(model_directory const& models, http::request const& r);
result<http::response> refuse_tracing(model_directory const& models, http::request const& r);
result<http::response> describe_logging(model_directory const& models, http::request const& r);
result<http::response> refuse_logging(model_directory const& models, http::request const& r);
/// No regions, ever; all that are there can be given up.
result<http::response> describe_shared_memory(model_directory const& models, http::request const& r);
result<http::response> unregister_shared_memory(model_directory const& models, http::request const& r);

}  // namespace sma::api::inference_protocol
