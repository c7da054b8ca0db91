// Prometheus metrics of a model that is compared with its shadow. Its members are the metrics, named as they are
// exposed.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <string_view>

namespace sma {

/// References into the registry, which must outlive it; copied freely. Every function and member is thread-safe.
class shadow_metrics {
public:
    /// With `labels` on every series: the model's name and the shadow's.
    shadow_metrics(prometheus::Registry& registry, prometheus::Labels labels);

    /// Images that the shadow was to classify and that were not compared. `reason` has few different values.
    void count_dropped_images(std::string_view reason, std::size_t images) const;

    prometheus::Counter& shadow_agreed_images_total;          ///< compared, with the same class first
    prometheus::Counter& shadow_disagreed_images_total;       ///< compared, with another class first
    prometheus::Histogram& shadow_confidence_difference;      ///< of the first classes, without its sign
    prometheus::Histogram& shadow_classify_duration_seconds;  ///< decoding and forward pass, one image

private:
    prometheus::Family<prometheus::Counter>& dropped_;
    prometheus::Labels labels_;
};

}  // namespace sma
