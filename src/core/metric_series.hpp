// Series of metrics in a registry. A family of the same name and help is the same one.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace sma {

using buckets = prometheus::Histogram::BucketBoundaries;

// 0.1 ms to 10 s: pre-processing takes about 2 ms, a forward pass 3 to 300 ms, a refused request far less than one.
inline buckets const work_seconds{0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004,
                                  0.005,  0.0075,  0.01,   0.015, 0.02,   0.03,  0.05,  0.075,
                                  0.1,    0.15,    0.25,   0.5,   1.0,    2.5,   5.0,   10.0};
// Of what is counted for each model, and before an image is decoded for all of them.
inline constexpr char const* cancelled_images_help =
    "Images dropped before their forward pass because the client left.";
inline constexpr char const* expired_images_help =
    "Images dropped before their forward pass because of their deadline.";

inline prometheus::Histogram& histogram(prometheus::Registry& r, char const* name, char const* help, buckets const& b,
                                        prometheus::Labels const& labels = {}) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(r).Add(labels, b);
}

inline prometheus::Gauge& gauge(prometheus::Registry& r, char const* name, char const* help,
                                prometheus::Labels const& labels = {}) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(r).Add(labels);
}

inline prometheus::Counter& counter(prometheus::Registry& r, char const* name, char const* help,
                                    prometheus::Labels const& labels = {}) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(r).Add(labels);
}

}  // namespace sma
