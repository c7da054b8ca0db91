// Server span of a request, with the attributes of OpenTelemetry's semantic conventions for HTTP, or for RPC.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/request.hpp"
#include "sma/tracing/span.hpp"

#include <optional>
#include <string_view>

namespace sma::http {

/// What a request itself does not tell.
struct request_outcome {
    std::string_view method;         ///< a label: one of few names, or "OTHER"
    std::string_view path_template;  ///< of the route, or "other"
    unsigned status = 0;             ///< sent, or status_client_left
    std::optional<errc> failure;
    bool is_secured = false;  ///< by TLS
    unsigned version = 11;    ///< of HTTP: 10 or 11
    bool is_rpc = false;      ///< gRPC: the path template is "/package.Service/Method", or "other"
};

/// Name, times, attributes and status; it ends now. No query, no body and no key is in it. What the client sent is cut
/// to 256 bytes, and what is not printable ASCII in it becomes '?': the format of the export takes valid UTF-8 alone.
tracing::span request_span(request const& r, request_outcome const& outcome);

}  // namespace sma::http
