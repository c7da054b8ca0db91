// Batch-norm folding: the weights of single layers from a state dict, checked, folded and copied.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/state_dict.hpp"

#include <string>
#include <vector>

namespace sma::model {

/// F32, owned.
struct folded {
    tensor weight;
    tensor bias;
};

/// weight * gamma / sqrt(var + eps) and beta - mean * gamma / sqrt(var + eps), in double precision, for the
/// convolution `name`, whose weight must have `shape`, and its batch-norm `bn`. Errors: invalid_weights, which names
/// the tensor.
result<folded> fold_convolution(state_dict const& weights, std::string const& name, std::string const& bn,
                                tensor_shape const& shape);

/// The weight of `shape` [out, in] and the bias [out] of a linear layer, zeros where it has none. Errors:
/// invalid_weights.
result<folded> copy_linear(state_dict const& weights, std::string const& name, tensor_shape const& shape);

}  // namespace sma::model
