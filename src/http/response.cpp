#include "sma/http/response.hpp"

#include "sma/http/error_status.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace sma::http {

response make_error_response(error const& e, std::string_view correlation_id) {
    boost::json::object details;
    auto const name = error_name(e.code);
    details["code"] = boost::json::string_view(name.data(), name.size());
    details["message"] = e.message;
    details["correlation_id"] = boost::json::string_view(correlation_id.data(), correlation_id.size());
    boost::json::object whole;
    whole["success"] = false;
    whole["error"] = std::move(details);

    response r;
    r.status = http_status(e.code);
    r.body = boost::json::serialize(whole);
    r.failure = e.code;
    if (e.retry_after_s) r.headers.emplace_back("Retry-After", std::to_string(*e.retry_after_s));
    return r;
}

}  // namespace sma::http
