// Routing of the session: the route of a request's head, and the responses that need no body.
#include "session.hpp"

#include "content_coding.hpp"
#include "sma/http/error_status.hpp"

#include <chrono>
#include <utility>

namespace sma::http {

using std::chrono::steady_clock;

/// The answer if the head is enough for it: an unknown path or method, OPTIONS, or a refusal by access_control or
/// endpoint.
std::optional<response> session::answer_from_table(transaction& x) {
    auto found = context_->routes.find(x.head().method, x.raw_path());
    x.path_template = found.path_template;
    x.row = found.found;
    x.req().path_parameters = std::move(found.parameters);
    if (context_->aborted) return x.explain(client_closed_request());
    if (x.head().method == verb::unknown)
        return x.explain(error(errc::not_implemented, "no endpoint knows this method; methods are in upper case"));
    if (x.head().expects_unknown)
        return x.explain(error(errc::expectation_failed, "the only expectation that can be met is 100-continue"));
    if (x.row == nullptr && x.head().method == verb::options) return options(x, found.path_known);
    if (x.row == nullptr && found.path_known) return not_allowed(x);
    if (x.row == nullptr) return x.explain(error(errc::not_found, "no endpoint has this path"));
    if (x.row->access == access_rule::checked) {
        auto const known = context_->gate.admit(x.req(), steady_clock::now(), x.left);
        if (!known) return refused(x, known.error());
    }
    auto const coding = coding_of(x.req());
    if (!coding && x.row->body != body_kind::none) return coding_refused(x, coding.error());
    auto const admitted = x.row->target->admit(x.req());
    if (!admitted) return x.explain(admitted.error());
    return std::nullopt;
}

response session::options(transaction& x, bool known) const {
    if (!known && x.raw_path() != "*") return x.explain(error(errc::not_found, "no endpoint has this path"));
    response r;
    r.status = 204;
    auto allowed = context_->routes.allowed(x.raw_path());
    r.headers.emplace_back("Allow", allowed);
    if (cors_policy::is_preflight(x.req()))
        context_->cors.add_preflight_headers(r, x.req().header("Origin"), std::move(allowed));
    return r;
}

response session::not_allowed(transaction& x) const {
    auto const allowed = context_->routes.allowed(x.raw_path());
    auto r =
        x.explain(error(errc::method_not_allowed, "this path does not support this method; it supports " + allowed));
    r.headers.emplace_back("Allow", allowed);
    return r;
}

response session::coding_refused(transaction& x, error const& e) {
    auto r = x.explain(e);
    // Also where the path's own errors have another status.
    r.status = http_status(e.code);
    r.headers.emplace_back("Accept-Encoding", accepted_codings);
    return r;
}

response session::refused(transaction& x, error const& e) {
    auto r = x.explain(e);
    if (e.code == errc::unauthorized) r.headers.emplace_back("WWW-Authenticate", "Bearer");  // RFC 9110 section 11.6.1
    return r;
}

}  // namespace sma::http
