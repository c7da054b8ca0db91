// Softmax of logits, and the most probable classes.
#pragma once

#include <span>
#include <vector>

namespace sma::serving {

/// Probabilities of one image's logits, which must have at least one element, each divided by the model's temperature.
class softmax {
public:
    softmax(std::span<float const> logits, double temperature);
    double operator()(float logit) const noexcept;

private:
    double largest_;
    double temperature_;
    double sum_ = 0;  ///< of exponentials of differences to the largest: none overflows
};

struct scored_class {
    int index = 0;
    double confidence = 0;  ///< softmax probability
};

/// The indices of the k most probable classes, or of all if there are fewer, in the order of top_classes().
std::vector<int> best_classes(std::span<float const> logits, int k);

/// The k most probable classes, most probable first, ties by index. 1 <= k <= logits.size().
std::vector<scored_class> top_classes(std::vector<float> const& logits, int k, double temperature);

}  // namespace sma::serving
