#include "sma/serving/top_classes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sma::serving {

softmax::softmax(std::span<float const> logits, double temperature)
    : largest_(*std::max_element(logits.begin(), logits.end())), temperature_(temperature) {
    for (auto const v : logits) sum_ += std::exp((v - largest_) / temperature_);
}

double softmax::operator()(float logit) const noexcept { return std::exp((logit - largest_) / temperature_) / sum_; }

std::vector<int> best_classes(std::span<float const> logits, int k) {
    std::vector<int> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    auto const wanted = std::min(static_cast<std::size_t>(k), order.size());
    auto const before = [&](int a, int b) {
        auto const x = logits[static_cast<std::size_t>(a)];
        auto const y = logits[static_cast<std::size_t>(b)];
        return x > y || (x == y && a < b);
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted), order.end(), before);
    order.resize(wanted);
    return order;
}

std::vector<scored_class> top_classes(std::vector<float> const& logits, int k, double temperature) {
    softmax const probability(logits, temperature);
    std::vector<scored_class> top;
    top.reserve(static_cast<std::size_t>(k));
    for (int const index : best_classes(logits, k))
        top.push_back({index, probability(logits[static_cast<std::size_t>(index)])});
    return top;
}

}  // namespace sma::serving
