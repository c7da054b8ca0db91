// Span: one timed operation of a trace, as it is exported.
#pragma once

#include "sma/core/request_context.hpp"
#include "sma/tracing/trace_context.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sma::tracing {

/// An attribute of OpenTelemetry.
struct span_attribute {
    std::string_view name;  ///< a literal
    std::variant<std::string, std::int64_t> value;
};

enum class span_kind { internal, server };

/// A plain value: filled by one thread, then handed on.
struct span {
    std::string name;
    span_kind kind = span_kind::internal;
    span_context context;
    span_id parent{};        ///< all zero: the root of its trace
    std::string tracestate;  ///< of the W3C header, as the client sent it
    steady_time began{};
    steady_time ended{};
    std::vector<span_attribute> attributes;
    std::vector<span_context> links;  ///< to spans of other traces
    bool failed = false;              ///< the status is Error, else Unset
};

}  // namespace sma::tracing
