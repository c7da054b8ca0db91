#include "sma/core/model_metrics.hpp"

#include "metric_series.hpp"

#include <array>
#include <string>
#include <utility>

namespace sma {
namespace {

buckets const batch_images{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64};

constexpr std::array states{"loading", "warming_up", "ready", "reloading", "failed", "unloaded", "draining"};

}  // namespace

model_metrics::model_metrics(prometheus::Registry& registry, prometheus::Labels labels)
    : queue_duration_seconds(histogram(registry, "queue_duration_seconds",
                                       "Time from the submission of an image to the start of its batch, in seconds.",
                                       work_seconds, labels)),
      batch_assembly_duration_seconds(histogram(registry, "batch_assembly_duration_seconds",
                                                "Time to gather the images of one batch, in seconds.", work_seconds,
                                                labels)),
      model_inference_duration_seconds(histogram(registry, "model_inference_duration_seconds",
                                                 "Time of one forward pass of the model at any batch size, in seconds.",
                                                 work_seconds, labels)),
      batch_size(histogram(registry, "batch_size", "Images in one forward pass.", batch_images, labels)),
      queue_depth(gauge(registry, "queue_depth", "Images being decoded, queued or in a batch.", labels)),
      images_total(counter(registry, "images_total", "Images classified.", labels)),
      batches_total(counter(registry, "batches_total", "Forward passes.", labels)),
      oom_recoveries_total(counter(registry, "oom_recoveries_total",
                                   "Batches that ran out of memory and were retried in halves.", labels)),
      cancelled_images_total(counter(registry, "cancelled_images_total", cancelled_images_help, labels)),
      expired_images_total(counter(registry, "expired_images_total", expired_images_help, labels)),
      model_loads_total(counter(registry, "model_loads_total", "Models loaded and put into service.", labels)),
      model_load_failures_total(
          counter(registry, "model_load_failures_total", "Loads and reloads that failed.", labels)),
      state_(prometheus::BuildGauge()
                 .Name("model_state")
                 .Help("1 for the current state of the service, 0 for all others.")
                 .Register(registry)),
      labels_(std::move(labels)) {
    set_state("loading");
}

void model_metrics::set_state(std::string_view state) const {
    for (auto const* s : states) {
        auto labels = labels_;
        labels.emplace("state", s);
        state_.Add(labels).Set(s == state ? 1 : 0);
    }
}

}  // namespace sma
