// Activations before the classifier of a layer graph.
#pragma once

#include "sma/model/graph.hpp"

#include <cstddef>
#include <optional>

namespace sma::model {

/// Value ids of a network that ends in a global average pool and one linear layer.
struct feature_values {
    std::size_t map = 0;     ///< the last feature map, which the pool reads
    std::size_t pooled = 0;  ///< what the linear layer reads
};

/// Nothing for a network that ends otherwise.
std::optional<feature_values> find_features(graph const& network);

}  // namespace sma::model
