// Errors in the protocol's shape.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/response.hpp"

#include <string_view>

namespace sma::api::inference_protocol {

/// {"error": "<string>"}, with Retry-After where the error has one.
http::response make_protocol_error(error const& e, std::string_view correlation_id);

/// 400 for everything that is wrong with a request's content, as the protocol has it; else http::http_status().
unsigned protocol_status(errc code) noexcept;

}  // namespace sma::api::inference_protocol
