#include "sma/tracing/tracer.hpp"

#include <string>

namespace sma::tracing {
namespace {

// W3C Trace Context, section 3.3.1.5: "Vendors SHOULD propagate at least 512 characters".
constexpr std::size_t tracestate_bytes_max = 512;

}  // namespace

std::unique_ptr<request_trace> tracer::begin(std::optional<trace_parent> const& parent,
                                             std::string_view tracestate) const {
    if (parent && !parent->sampled) return nullptr;
    if (parent) {
        if (tracestate.size() > tracestate_bytes_max) tracestate = {};
        span_context const own{parent->context.trace, make_span_id()};
        return std::make_unique<request_trace>(sink_, own, parent->context.span, std::string(tracestate));
    }
    auto const trace = make_trace_id();
    if (!is_sampled(trace, sample_ratio_)) return nullptr;
    return std::make_unique<request_trace>(sink_, span_context{trace, make_span_id()}, span_id{}, std::string());
}

}  // namespace sma::tracing
