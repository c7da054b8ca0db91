// Interface for sending spans to a collector.
#pragma once

#include "sma/core/error.hpp"
#include "sma/tracing/span.hpp"

#include <vector>

namespace sma::tracing {

/// Used by one thread at a time.
class span_exporter {
public:
    virtual ~span_exporter() = default;

    /// Sends the spans and waits for the collector's answer, within a time limit of its own. Errors: io_error.
    virtual result<void> send(std::vector<span> const& spans) = 0;
};

}  // namespace sma::tracing
