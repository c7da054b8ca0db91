#include "resnet_name.hpp"

#include <algorithm>
#include <set>

namespace sma::model {
namespace {

bool is_convolution(layer const& l) { return l.kind == layer_kind::convolution; }

/// The convolutions and the linear layer, without convolutions in shortcuts.
int depth_of(graph const& network) {
    std::set<int> shortcuts;
    for (auto const& l : network.layers)
        if (l.residual) shortcuts.insert(*l.residual);
    int depth = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        auto const& l = network.layers[i];
        bool const in_shortcut = shortcuts.contains(static_cast<int>(i) + 1) && is_convolution(l) && !l.residual &&
                                 l.activation == activation_kind::none;
        if (l.kind == layer_kind::linear || (is_convolution(l) && !in_shortcut)) ++depth;
    }
    return depth;
}

}  // namespace

std::string resnet_name(graph const& network) {
    auto const& layers = network.layers;
    auto const last = std::find_if(layers.begin(), layers.end(), [](layer const& l) { return l.residual.has_value(); });
    if (last == layers.end()) return {};
    auto const depth = std::to_string(depth_of(network));
    auto const grouped = std::find_if(layers.begin(), layers.end(), [](layer const& l) { return l.groups > 1; });
    bool const alike = grouped == layers.end() || std::all_of(grouped, layers.end(), [&](layer const& l) {
                           return l.groups == 1 || l.groups == grouped->groups;
                       });
    if (!alike) return "ResNet-" + depth;
    if (grouped != layers.end())
        return "ResNeXt-" + depth + " " + std::to_string(grouped->groups) + "x" +
               std::to_string(grouped->channels / grouped->groups) + "d";
    // The last convolution of a bottleneck has four times the channels that it reads, or fewer times if those are wide.
    bool const bottleneck = last->kernel == 1 && last->input > 0;
    int const width = bottleneck ? layers[static_cast<std::size_t>(last->input) - 1].channels : last->channels;
    constexpr int expansion = 4;
    if (bottleneck && width * expansion > last->channels && width * expansion % last->channels == 0)
        return "Wide ResNet-" + depth + "-" + std::to_string(width * expansion / last->channels);
    return "ResNet-" + depth;
}

}  // namespace sma::model
