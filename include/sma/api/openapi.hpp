// OpenAPI 3.1 document of the API, generated from the route table.
#pragma once

#include "sma/http/endpoint.hpp"
#include "sma/http/router.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sma::api {

/// The Operation Object that one of the embedded files has under "METHOD /path"; empty if it has none. `file` is a name
/// in src/api/description, e.g. "service.json". For endpoint::describe(). Throws std::logic_error without such a file.
boost::json::object described_in(std::string_view file, http::verb method, std::string_view path);

/// The whole document. Each operation is what its endpoint says, completed here: an operationId, the path's parameters,
/// the headers that every response has, where the route is checked its keys, and a response for each error that it
/// names:
///
///     "x-errors": ["FILE_TOO_LARGE", ...]   codes of core/error.hpp, beside those that any request may get
///     "x-error-schema": "Error"             their schema in components.json
///     "x-error-statuses": {"CODE": 400}     where a code has another status than elsewhere
///
/// Throws std::logic_error for a code that does not exist.
boost::json::object openapi_document(std::vector<http::route> const& table);

/// GET /openapi.json. I/O thread.
class openapi : public http::endpoint {
public:
    /// Makes the document; once, after the router, before the first request.
    void describe_table(std::vector<http::route> const& table);

    boost::json::object describe(http::verb method, std::string_view path) const override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    std::string document_;
    std::string etag_;
};

}  // namespace sma::api
