// Operation Objects (OpenAPI 3.1) of the rows below /v2.
#pragma once

#include "sma/http/request.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace sma::api::inference_protocol {

/// v2.json has each operation once; completed here with the path's parameters, the paths of the examples and the
/// errors' own schema and statuses. Empty if there is none for `method` and `path`.
boost::json::object operation_of(http::verb method, std::string_view path);

}  // namespace sma::api::inference_protocol
