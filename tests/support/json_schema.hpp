// Validator of JSON against the part of JSON Schema (2020-12) that the API's description uses.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace sma::test {

/// What does not fit, each with its place ("/meta/top_k: ..."); empty if all does. `document` is where a $ref ("#/...")
/// leads. A keyword that is not known is reported too, so that none is passed over in silence.
std::vector<std::string> schema_violations(boost::json::value const& instance, boost::json::value const& schema,
                                           boost::json::object const& document);

}  // namespace sma::test
