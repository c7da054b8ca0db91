// Parsers for numbers in a request's query.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/request.hpp"

#include <cstdint>
#include <string_view>

namespace sma::api {

/// The whole number from 1 to `maximum` that a query parameter holds, `fallback` if it is not there. Error:
/// validation_error, which names the range.
result<std::int64_t> query_number(http::request const& r, std::string_view name, std::int64_t fallback,
                                  std::int64_t maximum);

/// The same for a number from 0 to 1.
result<double> query_fraction(http::request const& r, std::string_view name, double fallback);

/// The same for 0 or 1, which switch something off or on; off if the parameter is not there.
result<bool> query_switch(http::request const& r, std::string_view name);

}  // namespace sma::api
