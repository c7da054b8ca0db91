// Name of a ResNet by its layers.
#pragma once

#include "sma/model/graph.hpp"

#include <string>

namespace sma::model {

/// "ResNet-50", "ResNeXt-50 32x4d", "Wide ResNet-50-2", as torchvision counts layers: without those of shortcuts.
/// "ResNet-41" where the numbers of groups differ. Empty for a network without residual sums.
std::string resnet_name(graph const& network);

}  // namespace sma::model
