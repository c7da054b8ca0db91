// Exporter of spans by OTLP over HTTP, with opentelemetry-cpp.
#pragma once

#include "sma/otlp/otlp_part.hpp"

#include <memory>

namespace sma::otlp {

std::unique_ptr<tracing::span_exporter> create_otlp_exporter(otlp_options const& options);

}  // namespace sma::otlp
