// Trace context of W3C: identifiers of traces and spans, the `traceparent` header, and sampling by ratio. Pure
// functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sma::tracing {

using trace_id = std::array<std::uint8_t, 16>;  ///< of a trace; all zero is invalid
using span_id = std::array<std::uint8_t, 8>;    ///< of a span within its trace; all zero: none

/// What names a span wherever it is.
struct span_context {
    trace_id trace{};
    span_id span{};

    bool operator==(span_context const&) const = default;
};

/// What a `traceparent` header says: the caller's span, and whether the caller records its trace.
struct trace_parent {
    span_context context;
    bool sampled = false;
};

/// Parses a `traceparent` header (W3C Trace Context, version 00 and later). Nothing if it is not valid.
std::optional<trace_parent> parse_traceparent(std::string_view header);

/// Random identifiers, never all zero.
trace_id make_trace_id();
span_id make_span_id();

/// 32 lower-case hexadecimal digits.
std::string to_text(trace_id const& id);

/// The decision for a trace without a parent: true for a share of `ratio` (0 to 1) of all random IDs, and the same on
/// every machine for the same ID. The low 56 bits are compared with the threshold, as OpenTelemetry's consistent
/// probability sampling does ("TraceState: Probability Sampling").
bool is_sampled(trace_id const& id, double ratio) noexcept;

}  // namespace sma::tracing
