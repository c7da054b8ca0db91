// OpenAPI 3.1 description of the API, made from the table that routes requests.
#pragma once

#include "sma/http/endpoint.hpp"
#include "sma/http/router.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace sma::api {

/// The Operation Object of a row, as far as it is written by hand; empty if there is none.
using operation_lookup = std::function<boost::json::object(http::route const& row)>;

/// The whole document. Each operation is what `operation_of` returns, completed here: an operationId, the path's
/// parameters, the headers that every response has, the keys of a checked route, and a response for each error that it
/// names:
///
///     "x-errors": ["FILE_TOO_LARGE", ...]   codes of core/error.hpp, beside those that any request may get
///     "x-error-schema": "Error"             their schema in components.json
///     "x-error-statuses": {"CODE": 400}     where a code has another status than elsewhere
///
/// Throws std::logic_error for a code that does not exist.
boost::json::object openapi_document(std::vector<http::route> const& table, operation_lookup const& operation_of);

/// GET /openapi.json: the document of the rows of `table`, by the files of src/api/description. I/O thread.
class openapi : public http::endpoint {
public:
    openapi() = default;
    /// `timeout_max` is what timeout_ms may ask for at most.
    openapi(std::vector<http::route> const& table, std::chrono::milliseconds timeout_max);

    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    std::string document_;
    std::string etag_;
};

}  // namespace sma::api
