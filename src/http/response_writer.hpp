// Writer of a response's head into one string. No sockets.
#pragma once

#include "sma/http/response.hpp"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace sma::http {

/// Facts for the headers that the session adds to each response.
struct response_facts {
    std::string_view date;  ///< IMF-fixdate
    std::string_view correlation_id;
    std::string_view traceparent;  ///< as the client sent it, if it was valid; else empty
    double elapsed_ms = 0;         ///< since the request's first byte
    unsigned version = 11;         ///< of the request
    bool keep_alive = true;
};

/// Appends status line, headers and the empty line. Control characters in the endpoint's headers are sent as spaces.
void append_response_head(std::string& out, response const& r, response_facts const& facts);

/// True if a response of this status may have a body (RFC 9110 section 6.4.1).
constexpr bool may_have_body(unsigned status) noexcept { return status >= 200 && status != 204 && status != 304; }

/// "Tue, 24 Nov 2026 19:21:00 GMT", whatever the locale.
std::string http_date(std::time_t t);

}  // namespace sma::http
