// Interface for finished spans on their way to the exporter.
#pragma once

#include "sma/tracing/span.hpp"

#include <vector>

namespace sma::tracing {

/// Outlives everything that is traced.
class span_sink {
public:
    virtual ~span_sink() = default;

    /// Takes the spans over, all or none. Any thread; never waits for the exporter.
    virtual void push(std::vector<span>&& spans) noexcept = 0;
};

}  // namespace sma::tracing
