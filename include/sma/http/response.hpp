// HTTP response, as an endpoint makes it. The session adds the headers that every response has.
#pragma once

#include "sma/core/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::http {

/// Timing of a prediction for the access line and Server-Timing, in milliseconds.
struct prediction_timing {
    double decode_ms = 0;
    double queue_ms = 0;
    double infer_ms = 0;
    int batch_size = 0;  ///< images in the batch that held the first image
    std::string top1;    ///< the first image's class name
};

struct response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<prediction_timing> timing;
    std::optional<errc> failure;  ///< for the log and the metrics
    bool close = false;           ///< the byte stream is unclear: close after this response
};

/// The contract's error shape, with Retry-After where the error has one.
response make_error_response(error const& e, std::string_view correlation_id);

}  // namespace sma::http
