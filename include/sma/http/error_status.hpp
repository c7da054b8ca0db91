// HTTP status of each error code.
#pragma once

#include "sma/core/error.hpp"

#include <span>

namespace sma::http {

struct error_status {
    errc code;
    unsigned status;
};

/// Every code that a request can end with; client_closed_request (499) is logged and never sent.
std::span<error_status const> error_statuses() noexcept;

/// 500 for a code that no request ends with.
unsigned http_status(errc code) noexcept;

}  // namespace sma::http
