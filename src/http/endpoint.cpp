#include "sma/http/endpoint.hpp"

#include <boost/json/object.hpp>

namespace sma::http {

boost::json::object endpoint::describe(verb, std::string_view) const { return {}; }

}  // namespace sma::http
