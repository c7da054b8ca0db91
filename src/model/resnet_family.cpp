// Specification of a member of the ResNet family as torchvision lays it out: a few numbers describe it completely.
#include "layer_list.hpp"
#include "network_family.hpp"
#include "sma/model/invalid_weights.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace sma::model {

namespace {

constexpr int blocks_max = 1000;  // a stage; keeps a hostile name from asking for a million layers

/// One member. Stage i (0 to 3) has `stem << i` planes and blocks of inner width `width << i`.
struct resnet_spec {
    bool bottleneck = false;      ///< three convolutions a block, else two
    std::array<int, 4> blocks{};  ///< a stage
    int stem = 64;                ///< channels of the first convolution
    int width = 64;               ///< inner channels of the first stage's blocks
    int groups = 1;
    int classes = 0;  ///< 0 without a classifier
};

/// The size of a dimension, or 0 where there is no such tensor or dimension.
int size_of(state_dict const& weights, std::string const& name, std::size_t dimension) {
    auto const found = weights.find(name);
    if (found == weights.end() || found->second.dimensions() <= dimension) return 0;
    auto const size = found->second.shape()[dimension];
    return size <= std::numeric_limits<int>::max() / 64 ? static_cast<int>(size) : 0;
}

int majority(int a, int b, int c) { return b == c ? b : a; }

std::string stage_prefix(int stage) { return "layer" + std::to_string(stage + 1) + "."; }

/// One more than the highest block number of a stage; 0 where there is none.
int count_blocks(state_dict const& weights, int stage) {
    auto const prefix = stage_prefix(stage);
    int count = 0;
    for (auto it = weights.lower_bound(prefix); it != weights.end() && it->first.starts_with(prefix); ++it) {
        auto const* const begin = it->first.data() + prefix.size();
        auto const* const end = it->first.data() + it->first.size();
        int block = -1;
        auto const [stop, failed] = std::from_chars(begin, end, block);
        if (failed == std::errc() && stop != end && *stop == '.' && block >= 0 && block < blocks_max)
            count = std::max(count, block + 1);
    }
    return count;
}

constexpr auto expected_family = " (expected a ResNet, ResNeXt or wide ResNet with torchvision's names)";

std::optional<error> check_dimensions(std::string const& name, tensor const& t, std::size_t dimensions) {
    if (t.dimensions() == dimensions && t.size() > 0) return std::nullopt;
    return invalid_weights(name + " has shape " + shape_text(t.shape()) + ", expected " + std::to_string(dimensions) +
                           " dimensions" + expected_family);
}

/// The first tensor of the classifier, whatever it is; the end where there is none.
state_dict::const_iterator find_classifier(state_dict const& weights) {
    auto const first = weights.lower_bound("fc.");
    return first != weights.end() && first->first.starts_with("fc.") ? first : weights.end();
}

/// An error for one that is no linear layer. There may be none.
std::optional<error> check_classifier(state_dict const& weights) {
    auto const first = find_classifier(weights);
    if (first == weights.end()) return std::nullopt;
    auto const weight = weights.find("fc.weight");
    if (weight == weights.end())
        return invalid_weights("fc.weight is missing: expected a classifier of one linear layer, found " +
                               first->first);
    return check_dimensions(weight->first, weight->second, 2);
}

/// An error for a state dict that has not even the family's first tensors.
std::optional<error> check_outline(state_dict const& weights) {
    for (auto const* name : {"conv1.weight", "layer1.0.conv1.weight", "layer1.0.conv2.weight"}) {
        auto const found = weights.find(name);
        if (found == weights.end())
            return invalid_weights(std::string(name) + " is missing: this is not a network of the ResNet family" +
                                   expected_family);
        if (auto const e = check_dimensions(found->first, found->second, 4)) return *e;
    }
    return check_classifier(weights);
}

/// The number of groups that a stage's first block tells, 0 where it cannot be told.
int stage_groups(state_dict const& weights, int stage, int width) {
    auto const inputs = size_of(weights, stage_prefix(stage) + "0.conv2.weight", 1);
    auto const channels = width << stage;
    return inputs > 0 && channels % inputs == 0 ? channels / inputs : 0;
}

/// One residual block that reads `input`; returns its value.
int add_block(layer_list& list, resnet_spec const& f, int stage, int number, int input) {
    auto const prefix = stage_prefix(stage) + std::to_string(number) + ".";
    auto const stride = stage > 0 && number == 0 ? 2 : 1;
    auto const width = f.width << stage;
    auto const out = (f.stem << stage) * (f.bottleneck ? 4 : 1);
    int value = input;
    if (f.bottleneck) {
        value = list.convolution(prefix + "conv1", value, width, 1, 1, 1, activation_kind::relu);
        value = list.convolution(prefix + "conv2", value, width, 3, stride, f.groups, activation_kind::relu);
    } else {
        value = list.convolution(prefix + "conv1", value, width, 3, stride, 1, activation_kind::relu);
    }
    int shortcut = input;
    if (stride != 1 || list.channels(input) != out)
        shortcut = list.convolution(prefix + "downsample.0", input, out, 1, stride, 1, activation_kind::none);
    value = f.bottleneck ? list.convolution(prefix + "conv3", value, out, 1, 1, 1, activation_kind::relu)
                         : list.convolution(prefix + "conv2", value, out, 3, 1, 1, activation_kind::relu);
    list.last().residual = shortcut;
    return value;
}

/// Finds the member from names and shapes. Where tensors contradict each other the majority rules, so that folding can
/// name the odd one. Errors: invalid_weights.
result<resnet_spec> read_spec(state_dict const& weights) {
    if (auto const e = check_outline(weights)) return *e;
    resnet_spec f;
    for (int stage = 0; stage < 4; ++stage) {
        f.blocks[static_cast<std::size_t>(stage)] = count_blocks(weights, stage);
        if (count_blocks(weights, stage) == 0)
            return invalid_weights(stage_prefix(stage) +
                                   "0.conv1.weight is missing: a ResNet has four stages, layer1 to layer4");
    }
    f.bottleneck = weights.contains("layer1.0.conv3.weight") || weights.contains("layer2.0.conv3.weight");
    f.stem = majority(size_of(weights, "conv1.weight", 0), size_of(weights, "bn1.weight", 0),
                      size_of(weights, "layer1.0.conv1.weight", 1));
    f.width = majority(size_of(weights, "layer1.0.conv1.weight", 0), size_of(weights, "layer1.0.bn1.weight", 0),
                       size_of(weights, f.bottleneck ? "layer1.0.conv2.weight" : "layer1.0.bn1.bias", 0));
    if (f.stem == 0 || f.width == 0)
        return invalid_weights("conv1.weight or layer1.0.conv1.weight has a size out of range");
    if (f.bottleneck) {
        f.groups = majority(stage_groups(weights, 0, f.width), stage_groups(weights, 1, f.width),
                            stage_groups(weights, 2, f.width));
        if (f.groups == 0)
            return invalid_weights(
                "layer1.0.conv2.weight has shape " + shape_text(weights.at("layer1.0.conv2.weight").shape()) +
                ", expected [" + std::to_string(f.width) + ", n, 3, 3] with n a divisor of " + std::to_string(f.width));
    }
    f.classes = size_of(weights, "fc.weight", 0);
    if (f.classes == 0 && find_classifier(weights) != weights.end())
        return invalid_weights("fc.weight has a number of classes out of range");
    return f;
}

/// "ResNet-50", "ResNeXt-50 32x4d", "Wide ResNet-50-2".
std::string architecture_name(resnet_spec const& f) {
    auto const& b = f.blocks;
    auto const depth = std::to_string((b[0] + b[1] + b[2] + b[3]) * (f.bottleneck ? 3 : 2) + 2);
    if (f.groups > 1)
        return "ResNeXt-" + depth + " " + std::to_string(f.groups) + "x" + std::to_string(f.width / f.groups) + "d";
    if (f.width > f.stem && f.width % f.stem == 0)
        return "Wide ResNet-" + depth + "-" + std::to_string(f.width / f.stem);
    return "ResNet-" + depth;
}

bool recognize(state_dict const& weights) {
    return weights.contains("conv1.weight") && weights.contains("layer1.0.conv1.weight");
}

result<graph> make_layers(state_dict const& weights) {
    auto const spec = read_spec(weights);
    if (!spec) return spec.error();
    auto const& f = *spec;
    graph g;
    g.architecture = architecture_name(f);
    g.classes = f.classes;
    layer_list list(g);
    int value = list.convolution("conv1", 0, f.stem, 7, 2, 1, activation_kind::relu);
    value = list.pool("maxpool", layer_kind::max_pool, value, 3, 2, 1);
    for (int stage = 0; stage < 4; ++stage)
        for (int number = 0; number < f.blocks[static_cast<std::size_t>(stage)]; ++number)
            value = add_block(list, f, stage, number, value);
    value = list.pool("avgpool", layer_kind::average_pool, value, 1, 1, 0);
    if (f.classes > 0) list.linear("fc", value, f.classes);
    return g;
}

/// "layer1.0.conv2" has "layer1.0.bn2", "layer1.0.downsample.0" has "layer1.0.downsample.1".
std::string batch_norm_name(std::string const& convolution) {
    auto const dot = convolution.rfind('.');
    auto const start = dot == std::string::npos ? 0 : dot + 1;
    if (convolution.compare(start, 4, "conv") == 0)
        return convolution.substr(0, start) + "bn" + convolution.substr(start + 4);
    return convolution.substr(0, start) + "1";
}

}  // namespace

network_family const resnet_family{
    .recognize = recognize,
    .make_layers = make_layers,
    .batch_norm_name = batch_norm_name,
    .classifier = "fc",
};

}  // namespace sma::model
