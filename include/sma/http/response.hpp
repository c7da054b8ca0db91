// HTTP response, as an endpoint makes it. The session adds the headers that every response has.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sma::http {

/// A metric of Server-Timing (W3C Server Timing).
struct server_timing {
    std::string_view name;  ///< a literal; a token of RFC 9110
    double duration_ms = 0;
};

/// What an endpoint adds to the access line.
struct log_field {
    std::string_view name;  ///< a literal
    std::variant<double, std::int64_t, std::string> value;
};

struct response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<server_timing> timings;  ///< none: no Server-Timing
    std::vector<log_field> log_fields;
    std::optional<errc> failure;  ///< for the log and the metrics
    bool close = false;           ///< the byte stream is unclear: close after this response
};

/// The contract's error shape, with Retry-After where the error has one.
response make_error_response(error const& e, std::string_view correlation_id);

}  // namespace sma::http
