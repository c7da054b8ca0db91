#include "sma/otlp/otlp_exporter.hpp"

#include "last_error.hpp"

#include <opentelemetry/exporters/otlp/otlp_http_exporter_factory.h>
#include <opentelemetry/sdk/instrumentationscope/instrumentation_scope.h>
#include <opentelemetry/sdk/resource/resource.h>
#include <opentelemetry/sdk/resource/resource_detector.h>
#include <opentelemetry/sdk/trace/recordable.h>
#include <opentelemetry/trace/trace_state.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sma::otlp {
namespace {

namespace otel = opentelemetry;
namespace sdk = opentelemetry::sdk;
using recordable = sdk::trace::Recordable;

otel::nostd::string_view view(std::string_view text) { return {text.data(), text.size()}; }

otel::trace::SpanContext context_of(tracing::span_context const& c, std::string const& tracestate = {}) {
    auto state =
        tracestate.empty() ? otel::trace::TraceState::GetDefault() : otel::trace::TraceState::FromHeader(tracestate);
    return {otel::trace::TraceId(c.trace), otel::trace::SpanId(c.span),
            otel::trace::TraceFlags(otel::trace::TraceFlags::kIsSampled), false, std::move(state)};
}

/// Spans have the monotonic clock, which no change of the time of day bends; collectors want the time of day.
class wall_clock {
public:
    otel::common::SystemTimestamp at(steady_time when) const {
        auto const system =
            std::chrono::time_point_cast<std::chrono::system_clock::duration>(system_ + (when - steady_));
        return otel::common::SystemTimestamp(system);
    }

private:
    steady_time steady_ = std::chrono::steady_clock::now();
    std::chrono::system_clock::time_point system_ = std::chrono::system_clock::now();
};

sdk::resource::Resource resource_of(otlp_options const& options) {
    auto const ours = sdk::resource::Resource::Create(
        {{"service.name", std::string("simple-model-api")}, {"service.version", options.service_version}});
    sdk::resource::OTELResourceDetector environment;
    return ours.Merge(environment.Detect());
}

void set_attribute(recordable& to, tracing::span_attribute const& a) {
    if (auto const* const number = std::get_if<std::int64_t>(&a.value))
        to.SetAttribute(view(a.name), *number);
    else
        to.SetAttribute(view(a.name), view(std::get<std::string>(a.value)));
}

/// "[OTLP HTTP Client] Export failed, Status:503, Header: ..." without what only a programmer or nobody wants.
std::string shortened(std::string message) {
    if (auto const end = message.find(", Header:"); end != message.npos) message.resize(end);
    if (auto const end = message.find("] "); message.starts_with('[') && end != message.npos) message.erase(0, end + 2);
    return message;
}

class otlp_exporter final : public tracing::span_exporter {
public:
    explicit otlp_exporter(otlp_options const& options)
        : errors_(std::make_shared<last_error>()),
          resource_(resource_of(options)),
          scope_(sdk::instrumentationscope::InstrumentationScope::Create("simple-model-api", options.service_version)) {
        sdk::common::internal_log::GlobalLogHandler::SetLogHandler(
            otel::nostd::shared_ptr<sdk::common::internal_log::LogHandler>(
                std::shared_ptr<sdk::common::internal_log::LogHandler>(errors_)));
        otel::exporter::otlp::OtlpHttpExporterOptions http;
        http.url = options.endpoint;
        http.url += http.url.ends_with('/') ? "v1/traces" : "/v1/traces";
        http.content_type = otel::exporter::otlp::HttpRequestContentType::kBinary;
        http.timeout = options.timeout;
        exporter_ = otel::exporter::otlp::OtlpHttpExporterFactory::Create(http);
    }

    result<void> send(std::vector<tracing::span> const& spans) override {
        wall_clock const clock;
        std::vector<std::unique_ptr<recordable>> batch;
        batch.reserve(spans.size());
        for (auto const& s : spans) batch.push_back(record(s, clock));
        errors_->take();
        auto const done = exporter_->Export(otel::nostd::span<std::unique_ptr<recordable>>(batch.data(), batch.size()));
        // Its result is success even where the collector was not reached; what it logs is not.
        auto message = shortened(errors_->take());
        if (done == sdk::common::ExportResult::kSuccess && message.empty()) return {};
        return error(errc::io_error, message.empty() ? "the collector did not take the spans" : std::move(message));
    }

private:
    std::unique_ptr<recordable> record(tracing::span const& s, wall_clock const& clock) const {
        auto r = exporter_->MakeRecordable();
        r->SetIdentity(context_of(s.context, s.tracestate), otel::trace::SpanId(s.parent));
        r->SetTraceFlags(otel::trace::TraceFlags(otel::trace::TraceFlags::kIsSampled));
        r->SetName(view(s.name));
        r->SetSpanKind(s.kind == tracing::span_kind::server ? otel::trace::SpanKind::kServer
                                                            : otel::trace::SpanKind::kInternal);
        r->SetStartTime(clock.at(s.began));
        r->SetDuration(s.ended - s.began);
        if (s.failed) r->SetStatus(otel::trace::StatusCode::kError, "");
        for (auto const& a : s.attributes) set_attribute(*r, a);
        for (auto const& link : s.links) r->AddLink(context_of(link));
        r->SetResource(resource_);
        r->SetInstrumentationScope(*scope_);
        return r;
    }

    std::shared_ptr<last_error> const errors_;
    sdk::resource::Resource const resource_;
    std::unique_ptr<sdk::instrumentationscope::InstrumentationScope> const scope_;
    std::unique_ptr<sdk::trace::SpanExporter> exporter_;
};

}  // namespace

std::unique_ptr<tracing::span_exporter> create_otlp_exporter(otlp_options const& options) {
    return std::make_unique<otlp_exporter>(options);
}

}  // namespace sma::otlp
