#include "trace_export.hpp"

#include "parts.hpp"
#include "sma/version.hpp"

namespace sma::app {

result<void> check_trace_export(settings const& s) {
    if (s.otlp_endpoint.empty()) return {};
    if (auto const part = parts::otlp(); !part) return part.error();
    return {};
}

std::unique_ptr<trace_export> make_trace_export(settings const& s, metrics& m) {
    if (s.otlp_endpoint.empty()) return nullptr;
    otlp::otlp_options options;
    options.endpoint = s.otlp_endpoint;
    options.service_version = version::number;
    options.timeout = last_exports_timeout / 2;
    auto exporter = parts::otlp().value()->create_exporter(options);
    return std::make_unique<trace_export>(s.trace_sample_ratio, std::move(exporter), m);
}

}  // namespace sma::app
