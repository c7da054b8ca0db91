// Request target (RFC 3986): its split into path and query, and percent-decoding. No sockets, no state.
#pragma once

#include "sma/http/request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sma::http {

/// Path and query of a request target, as sent. Origin form ("/a?b"), absolute form ("http://host/a?b") or "*".
/// Views into the target.
struct target_parts {
    std::string_view path;   ///< begins with '/', or is "*"
    std::string_view query;  ///< without the '?'
};

/// Nothing for any other form, or with a byte that a target may not have.
std::optional<target_parts> split_target(std::string_view target) noexcept;

/// Nothing if an escape is malformed or decodes to NUL.
std::optional<std::string> percent_decode(std::string_view text);

/// Decodes as HTML forms are encoded: '+' is a space. A malformed escape is kept as it stands. Empty pairs are skipped.
query_parameters parse_query(std::string_view query);

}  // namespace sma::http
