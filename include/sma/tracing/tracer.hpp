// Tracer: decides which requests are traced.
#pragma once

#include "sma/tracing/request_trace.hpp"
#include "sma/tracing/span_sink.hpp"
#include "sma/tracing/trace_context.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace sma::tracing {

/// Immutable, hence thread-safe. Outlives the requests.
class tracer {
public:
    /// `sample_ratio` (0 to 1) is for requests without a parent.
    tracer(double sample_ratio, span_sink& sink) : sample_ratio_(sample_ratio), sink_(sink) {}

    /// The trace of a request, or null if it is not sampled: a parent has decided that already. A `tracestate` of more
    /// than 512 bytes, which nobody need keep, is left out.
    std::unique_ptr<request_trace> begin(std::optional<trace_parent> const& parent, std::string_view tracestate) const;

private:
    double const sample_ratio_;
    span_sink& sink_;
};

}  // namespace sma::tracing
