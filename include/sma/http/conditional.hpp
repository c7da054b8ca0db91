// Conditional requests (RFC 9110 section 13): ETag and If-None-Match.
#pragma once

#include "sma/http/request.hpp"
#include "sma/http/response.hpp"

#include <string_view>

namespace sma::http {

/// True if If-None-Match names this entity tag (with its quotes), by the weak comparison; "*" names any.
bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept;

/// Sets the ETag of `r` and, if the client has it already, makes `r` a 304 without a body.
void apply_etag(response& r, request const& asked, std::string_view etag);

}  // namespace sma::http
