// Content codings (RFC 9110 section 8.4) as the headers of a request name them. Pure functions.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/request.hpp"

#include <string_view>

namespace sma::http {

enum class content_coding { identity, gzip, deflate, zstd };

/// Value of Accept-Encoding for clients that used another coding.
inline constexpr std::string_view accepted_codings = "gzip, deflate, zstd";

/// The coding of the request's body. Error: unsupported_media_type for an unknown one, or for more than one.
result<content_coding> coding_of(request const& r);

/// Whether the request's Accept-Encoding allows gzip (RFC 9110 section 12.5.3).
bool accepts_gzip(request const& r);

}  // namespace sma::http
