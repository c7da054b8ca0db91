// Batch-norm folding: the weights of single layers from a state dict, checked, folded and copied.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <string>
#include <vector>

namespace sma::model {

/// f32, contiguous, owned.
struct folded {
    at::Tensor weight;
    at::Tensor bias;
};

/// The name of a convolution's batch-norm: "layer1.0.conv2" has "layer1.0.bn2", "layer1.0.downsample.0" has
/// "layer1.0.downsample.1".
std::string batch_norm_name(std::string const& convolution);

/// weight * gamma / sqrt(var + eps) and beta - mean * gamma / sqrt(var + eps), in double precision, for a convolution
/// whose weight must have `shape`. Errors: invalid_weights, which names the tensor.
result<folded> fold_convolution(state_dict const& weights, std::string const& name,
                                std::vector<std::int64_t> const& shape);

/// The weight of `shape` [out, in] and the bias [out] of a linear layer. Errors: invalid_weights.
result<folded> copy_linear(state_dict const& weights, std::string const& name, std::vector<std::int64_t> const& shape);

}  // namespace sma::model
