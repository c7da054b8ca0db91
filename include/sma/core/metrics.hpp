// Prometheus metrics of the process. One object; its members are the metrics, named as they are exposed.
#pragma once

#include "sma/core/exemplar.hpp"
#include "sma/core/model_metrics.hpp"
#include "sma/core/shadow_metrics.hpp"
#include "sma/core/thread_annotations.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sma {

/// Owned by the composition and passed by reference. Every function and member is thread-safe.
class metrics {
private:
    prometheus::Registry registry_;  // first: the members below refer into it

public:
    metrics();
    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;

    /// The text exposition format, version 0.0.4.
    std::string expose() const;
    /// OpenMetrics' text format, version 1.0, in which durations of requests have exemplars.
    std::string expose_openmetrics() const;

    /// One finished request; `endpoint` is a route's template or "other". `trace_id`, where it is traced, becomes the
    /// exemplar of its duration.
    void count_request(std::string_view method, std::string_view endpoint, unsigned status, double seconds,
                       std::string_view trace_id = {});
    /// Work that was refused, by the error's name.
    void count_rejection(std::string_view reason);
    /// A TLS handshake that failed. `reason` has few different values.
    void count_tls_handshake_failure(std::string_view reason);
    /// A worker process that failed on an image of this format.
    void count_decoder_crash(std::string_view format);
    /// An image that was to be kept for labeling and was not.
    void count_dropped_sample(std::string_view reason);
    /// Spans that were not exported.
    void count_dropped_spans(std::string_view reason, std::size_t spans);
    /// The series of one of several models, which have its name as their label; of the only model: without a name.
    model_metrics of_model(std::string const& name = {});
    /// The series of a model and its shadow.
    shadow_metrics of_shadow(std::string const& model, std::string const& shadow);

    prometheus::Histogram& image_decode_duration_seconds;  ///< decode and pre-process, one image
    prometheus::Gauge& decode_queue_depth;                 ///< images waiting for or in decoding
    prometheus::Gauge& inflight_requests;
    prometheus::Gauge& inflight_body_bytes;
    prometheus::Gauge& open_connections;
    prometheus::Counter& cancelled_images_total;  ///< dropped before decoding because the client left
    prometheus::Counter& expired_images_total;    ///< dropped before decoding because the deadline passed
    prometheus::Counter& cache_hits_total;        ///< images answered from memory
    prometheus::Counter& cache_misses_total;      ///< images that had to be classified
    prometheus::Counter& cache_shared_total;      ///< images that shared the forward pass of an equal one in flight
    prometheus::Counter& cache_evictions_total;   ///< answers evicted
    prometheus::Gauge& cache_bytes;
    prometheus::Counter& log_lines_dropped_total;
    prometheus::Counter& samples_kept_total;           ///< images written for labeling
    prometheus::Counter& trace_spans_exported_total;   ///< taken by the collector
    prometheus::Gauge& process_resident_memory_bytes;  ///< read from the kernel at each expose()

private:
    /// The series of count_request(), kept so that no label map is built for each request. References stay valid:
    /// nothing is removed.
    struct request_series {
        std::string method;
        std::string endpoint;
        unsigned status;
        prometheus::Counter& requests;
        prometheus::Histogram& durations;
    };
    request_series& series_of(std::string_view method, std::string_view endpoint, unsigned status) SMA_REQUIRES(mutex_);
    std::vector<prometheus::MetricFamily> collect() const;

    mutable mutex mutex_;
    std::vector<request_series> series_ SMA_GUARDED_BY(mutex_);  ///< few: methods, templates and statuses are bounded
    std::map<std::string, bucket_exemplars, std::less<>> exemplars_ SMA_GUARDED_BY(mutex_);  ///< by endpoint
    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& request_durations_;
    prometheus::Family<prometheus::Counter>& rejections_;
    prometheus::Family<prometheus::Counter>& tls_handshake_failures_;
    prometheus::Family<prometheus::Counter>& decoder_crashes_;
    prometheus::Family<prometheus::Counter>& samples_dropped_;
    prometheus::Family<prometheus::Counter>& trace_spans_dropped_;
};

}  // namespace sma
