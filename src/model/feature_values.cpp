#include "sma/model/feature_values.hpp"

namespace sma::model {

std::optional<feature_values> find_features(graph const& network) {
    auto const& layers = network.layers;
    if (layers.empty() || layers.back().kind != layer_kind::linear || layers.back().input < 1) return std::nullopt;
    auto const pooled = static_cast<std::size_t>(layers.back().input);
    auto const& pool = layers[pooled - 1];
    if (pool.kind != layer_kind::average_pool) return std::nullopt;
    return feature_values{static_cast<std::size_t>(pool.input), pooled};
}

}  // namespace sma::model
