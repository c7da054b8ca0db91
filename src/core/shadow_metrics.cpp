#include "sma/core/shadow_metrics.hpp"

#include "metric_series.hpp"

#include <string>
#include <utility>

namespace sma {
namespace {

buckets const differences{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};

}  // namespace

shadow_metrics::shadow_metrics(prometheus::Registry& registry, prometheus::Labels labels)
    : shadow_agreed_images_total(counter(registry, "shadow_agreed_images_total",
                                         "Images of which a model and its shadow put the same class first.", labels)),
      shadow_disagreed_images_total(counter(registry, "shadow_disagreed_images_total",
                                            "Images of which a model and its shadow put different classes first.",
                                            labels)),
      shadow_confidence_difference(histogram(
          registry, "shadow_confidence_difference",
          "Difference between the confidence of a model and of its shadow in their first class of an image, without "
          "its sign.",
          differences, labels)),
      shadow_classify_duration_seconds(
          histogram(registry, "shadow_classify_duration_seconds",
                    "Time of decoding and forward pass of one image by a shadow, in seconds.", work_seconds, labels)),
      dropped_(prometheus::BuildCounter()
                   .Name("shadow_dropped_images_total")
                   .Help("Images that a shadow was to classify and that were not compared, by reason.")
                   .Register(registry)),
      labels_(std::move(labels)) {}

void shadow_metrics::count_dropped_images(std::string_view reason, std::size_t images) const {
    auto labels = labels_;
    labels.emplace("reason", reason);
    dropped_.Add(labels).Increment(static_cast<double>(images));
}

}  // namespace sma
