// Rules of the request line that have an error code of their own (RFC 9112 section 3). Bytes in; no sockets.
#pragma once

#include "sma/core/error.hpp"

#include <cstddef>
#include <string_view>

namespace sma::http {

inline constexpr std::size_t target_bytes_max = 8 * 1024;

/// `begin`: what has come of a head, from its first byte. An error as soon as method or target are too long:
/// not_implemented, uri_too_long. It is the same for any later piece of the same head.
result<void> check_line_length(std::string_view begin);

/// `line`: a whole request line without its CRLF. Errors: malformed_request, http_version_not_supported.
result<void> check_version(std::string_view line);

}  // namespace sma::http
