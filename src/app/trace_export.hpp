// Export of traces (the setting `otlp_endpoint`): the tracer, and the processor that feeds the exporter.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/metrics.hpp"
#include "sma/core/settings.hpp"
#include "sma/tracing/batch_span_processor.hpp"
#include "sma/tracing/span_exporter.hpp"
#include "sma/tracing/tracer.hpp"

#include <chrono>
#include <memory>

namespace sma::app {

/// Owned by the composition; outlives all requests.
class trace_export {
public:
    trace_export(double sample_ratio, std::unique_ptr<tracing::span_exporter> exporter, metrics& m)
        : processor_({}, std::move(exporter), m), tracer_(sample_ratio, processor_) {}

    tracing::tracer const& tracer() const noexcept { return tracer_; }
    /// Sends what is queued, within last_exports_timeout.
    void shut_down() { processor_.shut_down(); }

private:
    tracing::batch_span_processor processor_;
    tracing::tracer const tracer_;
};

/// The longest time that shut_down() takes: an export that is under way, and one more.
inline constexpr std::chrono::seconds last_exports_timeout{6};

/// Loads the part that exports, if `otlp_endpoint` is set. Error: unsupported, which names the package.
result<void> check_trace_export(settings const& s);

/// Null unless `otlp_endpoint` is set. After check_trace_export().
std::unique_ptr<trace_export> make_trace_export(settings const& s, metrics& m);

}  // namespace sma::app
