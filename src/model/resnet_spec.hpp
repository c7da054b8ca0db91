// Specification of a member of the ResNet family as torchvision lays it out: a few numbers describe it completely.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <array>
#include <string>

namespace sma::model {

/// One member. Stage i (0 to 3) has `stem << i` planes and blocks of inner width `width << i`.
struct resnet_spec {
    bool bottleneck = false;      ///< three convolutions a block, else two
    std::array<int, 4> blocks{};  ///< a stage
    int stem = 64;                ///< channels of the first convolution
    int width = 64;               ///< inner channels of the first stage's blocks
    int groups = 1;
    int classes = 0;
};

/// Finds the member from names and shapes. If tensors contradict each other the majority decides, so that folding can
/// name the one that differs. Errors: invalid_weights.
result<resnet_spec> recognize(state_dict const& weights);

/// "ResNet-50", "ResNeXt-50 32x4d", "Wide ResNet-50-2".
std::string architecture_name(resnet_spec const& f);

/// All layers, without weights.
graph make_layers(resnet_spec const& f);

/// The shape of the weight of layer `index` of `g`, from the layers before it: [out, in / groups, k, k] or [out, in].
std::vector<std::int64_t> weight_shape(graph const& g, std::size_t index);

}  // namespace sma::model
