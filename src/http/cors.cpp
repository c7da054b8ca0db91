#include "cors.hpp"

#include <algorithm>
#include <utility>

namespace sma::http {
namespace {

/// Headers of a response that a script may read besides the few that it always may.
constexpr auto exposed_headers =
    "X-Correlation-ID, X-Response-Time, Server-Timing, Retry-After, WWW-Authenticate, RateLimit-Limit, "
    "RateLimit-Remaining, RateLimit-Reset, Age, ETag, traceparent, "
    "Inference-Header-Content-Length";
/// Headers that a script may send: a fixed list, so that the client's list is never echoed.
constexpr auto request_headers =
    "Content-Type, Content-Encoding, Authorization, X-API-Key, X-Correlation-ID, X-Request-ID, traceparent, "
    "If-None-Match, "
    "Inference-Header-Content-Length";
constexpr auto preflight_max_age_s = "600";

}  // namespace

cors_policy::cors_policy(std::vector<std::string> allowed)
    : allowed_(std::move(allowed)), any_(std::find(allowed_.begin(), allowed_.end(), "*") != allowed_.end()) {}

bool cors_policy::allows(std::string_view origin) const noexcept {
    return !origin.empty() && (any_ || std::find(allowed_.begin(), allowed_.end(), origin) != allowed_.end());
}

bool cors_policy::is_preflight(request const& r) noexcept {
    return r.method == verb::options && !r.header("Origin").empty() &&
           !r.header("Access-Control-Request-Method").empty();
}

void cors_policy::add_headers(response& to, std::string_view origin) const {
    if (!enabled()) return;
    // A cache must not give one origin's answer to another, nor one without an origin to a page that has one.
    if (!any_) to.headers.emplace_back("Vary", "Origin");
    if (!allows(origin)) return;
    auto const who = any_ ? std::string("*") : std::string(origin);
    to.headers.emplace_back("Access-Control-Allow-Origin", who);
    to.headers.emplace_back("Access-Control-Expose-Headers", exposed_headers);
    to.headers.emplace_back("Timing-Allow-Origin", who);
}

void cors_policy::add_preflight_headers(response& to, std::string_view origin, std::string methods) const {
    if (!allows(origin)) return;
    to.headers.emplace_back("Access-Control-Allow-Methods", std::move(methods));
    to.headers.emplace_back("Access-Control-Allow-Headers", request_headers);
    to.headers.emplace_back("Access-Control-Max-Age", preflight_max_age_s);
}

}  // namespace sma::http
