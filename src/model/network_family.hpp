// Table of the families of networks: how each is recognized in a state dict and laid out.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <array>
#include <string>
#include <string_view>

namespace sma::model {

/// One family. Immutable; each is defined in the source that is named after it.
struct network_family {
    /// Judges by the names of a few tensors, which no other family has.
    bool (*recognize)(state_dict const& weights);
    /// The member's layers, without weights; `channels` tells each weight's shape. Where tensors contradict each other
    /// the majority rules, so that folding can name the odd one. Without any tensor of a classifier there are no
    /// classes and no linear layer. Errors: invalid_weights.
    result<graph> (*make_layers)(state_dict const& weights);
    /// The name of the batch-norm behind a convolution.
    std::string (*batch_norm_name)(std::string const& convolution);
    /// The name of the linear layer.
    std::string_view classifier;
};

extern network_family const resnet_family;

/// The first says what is missing in weights that none recognizes.
inline constexpr std::array network_families{&resnet_family};

}  // namespace sma::model
