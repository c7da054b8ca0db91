#include "sma/serving/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sma::serving {

std::vector<scored_class> top_classes(std::vector<float> const& logits, int k) {
    auto const largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double sum = 0;  // of exponentials of differences to the largest: none overflows
    for (auto const v : logits) sum += std::exp(v - largest);

    std::vector<int> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    auto const wanted = std::min(static_cast<std::size_t>(k), order.size());
    auto const before = [&](int a, int b) {
        auto const x = logits[static_cast<std::size_t>(a)];
        auto const y = logits[static_cast<std::size_t>(b)];
        return x > y || (x == y && a < b);
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted), order.end(), before);

    std::vector<scored_class> top;
    top.reserve(wanted);
    for (std::size_t i = 0; i < wanted; ++i)
        top.push_back({order[i], std::exp(logits[static_cast<std::size_t>(order[i])] - largest) / sum});
    return top;
}

}  // namespace sma::serving
