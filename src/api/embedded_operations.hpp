// Operation Objects (OpenAPI 3.1) of the embedded description files.
#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace sma::api {

/// A file of src/api/description, e.g. "components.json". Throws std::logic_error without such a file.
boost::json::object embedded_description(std::string_view file);

/// The Operation Object that `file` has under `key`, "METHOD /path"; empty if it has none.
boost::json::object embedded_operation(std::string_view file, std::string_view key);

}  // namespace sma::api
