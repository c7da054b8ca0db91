// Prometheus metrics of one model. Its members are the metrics, named as they are exposed.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string_view>

namespace sma {

/// References into the registry, which must outlive it; copied freely. Every function and member is thread-safe.
class model_metrics {
public:
    /// With `labels` on every series.
    model_metrics(prometheus::Registry& registry, prometheus::Labels labels);

    /// Sets the series of `state` to 1 and all others to 0.
    void set_state(std::string_view state) const;

    prometheus::Histogram& queue_duration_seconds;            ///< one image, from submission to its batch
    prometheus::Histogram& batch_assembly_duration_seconds;   ///< gathering one batch
    prometheus::Histogram& model_inference_duration_seconds;  ///< one forward pass
    prometheus::Histogram& batch_size;                        ///< images in one forward pass
    prometheus::Gauge& queue_depth;                           ///< images reserved in the dispatcher
    prometheus::Counter& images_total;                        ///< images classified
    prometheus::Counter& batches_total;
    prometheus::Counter& oom_recoveries_total;    ///< batches run again in halves
    prometheus::Counter& cancelled_images_total;  ///< dropped because the client left
    prometheus::Counter& expired_images_total;    ///< dropped because the deadline passed
    prometheus::Counter& model_loads_total;
    prometheus::Counter& model_load_failures_total;

private:
    prometheus::Family<prometheus::Gauge>& state_;
    prometheus::Labels labels_;
};

}  // namespace sma
