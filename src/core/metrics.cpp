#include "sma/core/metrics.hpp"

#include "metric_series.hpp"
#include "openmetrics.hpp"
#include "sma/core/logging.hpp"

#include <prometheus/text_serializer.h>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdio>

namespace sma {
namespace {

buckets const request_seconds{0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075,
                              0.1,   0.15,   0.25,  0.5,  1.0,  2.5,  5.0,  10.0};

// Pages in memory, the second number of /proc/self/statm (proc(5)).
double resident_memory_bytes() {
    unsigned long long size = 0, resident = 0;
    if (auto* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
        std::fclose(file);
    }
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

metrics::metrics()
    : image_decode_duration_seconds(histogram(registry_, "image_decode_duration_seconds",
                                              "Time to decode and pre-process one image, in seconds.", work_seconds)),
      decode_queue_depth(gauge(registry_, "decode_queue_depth", "Images waiting to be decoded or being decoded.")),
      inflight_requests(gauge(registry_, "inflight_requests", "Requests being read or answered.")),
      inflight_body_bytes(gauge(registry_, "inflight_body_bytes", "Bytes of request bodies held in memory.")),
      open_connections(gauge(registry_, "open_connections", "Open client connections.")),
      cancelled_images_total(counter(registry_, "cancelled_images_total", cancelled_images_help)),
      expired_images_total(counter(registry_, "expired_images_total", expired_images_help)),
      cache_hits_total(counter(registry_, "cache_hits_total", "Images answered from the prediction cache.")),
      cache_misses_total(counter(registry_, "cache_misses_total", "Images that the prediction cache did not hold.")),
      cache_shared_total(
          counter(registry_, "cache_shared_total", "Images that shared the forward pass of an equal image in flight.")),
      cache_evictions_total(counter(registry_, "cache_evictions_total", "Answers evicted from the prediction cache.")),
      cache_bytes(gauge(registry_, "cache_bytes", "Memory of the prediction cache, in bytes.")),
      log_lines_dropped_total(
          counter(registry_, "log_lines_dropped_total",
                  "Log lines lost because the buffer was full or the output could not be written.")),
      samples_kept_total(counter(registry_, "samples_kept_total", "Images kept in sample_dir.")),
      trace_spans_exported_total(
          counter(registry_, "trace_spans_exported_total", "Spans that the collector of traces has taken.")),
      process_resident_memory_bytes(
          gauge(registry_, "process_resident_memory_bytes", "Resident memory of this process, in bytes.")),
      requests_(prometheus::BuildCounter().Name("http_requests_total").Help("Finished requests.").Register(registry_)),
      request_durations_(
          prometheus::BuildHistogram()
              .Name("http_request_duration_seconds")
              .Help("Time from the first byte of a request to the last byte of its response, in seconds.")
              .Register(registry_)),
      rejections_(prometheus::BuildCounter()
                      .Name("rejections_total")
                      .Help("Requests refused before their work was done, by reason.")
                      .Register(registry_)),
      tls_handshake_failures_(prometheus::BuildCounter()
                                  .Name("tls_handshake_failures_total")
                                  .Help("TLS handshakes that failed, by reason.")
                                  .Register(registry_)),
      decoder_crashes_(prometheus::BuildCounter()
                           .Name("decoder_crashes_total")
                           .Help("Images on which the worker process that decoded them failed, by format.")
                           .Register(registry_)),
      samples_dropped_(prometheus::BuildCounter()
                           .Name("samples_dropped_total")
                           .Help("Images that sample_dir did not take, by reason.")
                           .Register(registry_)),
      trace_spans_dropped_(prometheus::BuildCounter()
                               .Name("trace_spans_dropped_total")
                               .Help("Spans that were not exported, by reason.")
                               .Register(registry_)) {}

model_metrics metrics::of_model(std::string const& name) {
    return model_metrics(registry_, name.empty() ? prometheus::Labels() : prometheus::Labels{{"model", name}});
}

shadow_metrics metrics::of_shadow(std::string const& model, std::string const& shadow) {
    return shadow_metrics(registry_, {{"model", model}, {"shadow", shadow}});
}

std::vector<prometheus::MetricFamily> metrics::collect() const {
    log_lines_dropped_total.Increment(static_cast<double>(log::dropped_lines()) - log_lines_dropped_total.Value());
    process_resident_memory_bytes.Set(resident_memory_bytes());
    return registry_.Collect();
}

std::string metrics::expose() const { return prometheus::TextSerializer().Serialize(collect()); }

std::string metrics::expose_openmetrics() const {
    auto const families = collect();
    mutex_lock const lock(mutex_);
    return write_openmetrics(families, {request_durations_.GetName(), "endpoint", exemplars_});
}

void metrics::count_request(std::string_view method, std::string_view endpoint, unsigned status, double seconds,
                            std::string_view trace_id) {
    mutex_lock const lock(mutex_);
    auto const& series = series_of(method, endpoint, status);
    series.requests.Increment();
    series.durations.Observe(seconds);
    if (trace_id.empty()) return;
    auto& buckets_of = exemplars_[series.endpoint];
    buckets_of.resize(request_seconds.size() + 1);
    auto const bucket = std::lower_bound(request_seconds.begin(), request_seconds.end(), seconds);
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    buckets_of[static_cast<std::size_t>(bucket - request_seconds.begin())] = {
        std::string(trace_id), seconds, std::chrono::duration<double>(now).count()};
}

metrics::request_series& metrics::series_of(std::string_view method, std::string_view endpoint, unsigned status) {
    for (auto& s : series_)
        if (s.status == status && s.endpoint == endpoint && s.method == method) return s;
    std::string const m(method);
    std::string const e(endpoint);
    auto& requests = requests_.Add({{"method", m}, {"endpoint", e}, {"status_code", std::to_string(status)}});
    auto& durations = request_durations_.Add({{"endpoint", e}}, request_seconds);
    return series_.emplace_back(request_series{m, e, status, requests, durations});
}

void metrics::count_rejection(std::string_view reason) {
    rejections_.Add({{"reason", std::string(reason)}}).Increment();
}

void metrics::count_tls_handshake_failure(std::string_view reason) {
    tls_handshake_failures_.Add({{"reason", std::string(reason)}}).Increment();
}

void metrics::count_decoder_crash(std::string_view format) {
    decoder_crashes_.Add({{"format", std::string(format)}}).Increment();
}

void metrics::count_dropped_sample(std::string_view reason) {
    samples_dropped_.Add({{"reason", std::string(reason)}}).Increment();
}

void metrics::count_dropped_spans(std::string_view reason, std::size_t spans) {
    trace_spans_dropped_.Add({{"reason", std::string(reason)}}).Increment(static_cast<double>(spans));
}

}  // namespace sma
