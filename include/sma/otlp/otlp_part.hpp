// Table of the part "otlp".
#pragma once

#include "sma/core/part.hpp"
#include "sma/tracing/span_exporter.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace sma::otlp {

struct otlp_options {
    std::string endpoint;                  ///< URL of the collector, to which /v1/traces is added
    std::string service_version;           ///< of the resource
    std::chrono::milliseconds timeout{0};  ///< of one export
};

struct otlp_part : part {
    /// An exporter for OTLP over HTTP. OpenTelemetry's environment variables for headers (OTEL_EXPORTER_OTLP_HEADERS),
    /// certificates and the resource (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) count.
    std::unique_ptr<tracing::span_exporter> (*create_exporter)(otlp_options const& options);
};

}  // namespace sma::otlp
