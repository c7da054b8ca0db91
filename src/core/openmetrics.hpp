// OpenMetrics' text format, version 1.0, of prometheus-cpp's metrics, which has a writer of the older format alone.
// Specification: https://prometheus.io/docs/specs/om/open_metrics_spec/
#pragma once

#include "sma/core/exemplar.hpp"

#include <prometheus/metric_family.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sma {

/// The exemplars of one family of histograms, by the value of one of its labels.
struct family_exemplars {
    std::string_view family;
    std::string_view label;
    std::map<std::string, bucket_exemplars, std::less<>> const& by_value;
};

/// Counters, gauges and histograms. Counters are named with `_total`. Pure, any thread.
std::string write_openmetrics(std::vector<prometheus::MetricFamily> const& families, family_exemplars const& exemplars);

}  // namespace sma
