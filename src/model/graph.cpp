#include "sma/model/graph.hpp"

#include "batch_norm_folding.hpp"
#include "network_family.hpp"

#include <set>

namespace sma::model {

namespace {

network_family const& family_of(state_dict const& weights) {
    for (auto const* family : network_families)
        if (family->recognize(weights)) return *family;
    return *network_families.front();
}

/// The shape of the weight of layer `index`, from the layers before it: [out, in / groups, k, k] or [out, in].
tensor_shape weight_shape(graph const& g, std::size_t index) {
    auto const& l = g.layers[index];
    std::int64_t const inputs = l.input == 0 ? 3 : g.layers[static_cast<std::size_t>(l.input - 1)].channels;
    if (l.kind == layer_kind::linear) return {l.channels, inputs};
    return {l.channels, inputs / l.groups, l.kernel, l.kernel};
}

/// The names that the layer's weights come from.
void add_names(network_family const& family, layer const& l, std::set<std::string, std::less<>>& names) {
    names.insert(l.name + ".weight");
    if (l.kind == layer_kind::linear) {
        names.insert(l.name + ".bias");
        return;
    }
    auto const bn = family.batch_norm_name(l.name);
    for (auto const* part : {".weight", ".bias", ".running_mean", ".running_var", ".num_batches_tracked"})
        names.insert(bn + part);
}

result<> refuse_unknown_names(network_family const& family, graph const& g, state_dict const& weights) {
    std::set<std::string, std::less<>> known;
    for (auto const& l : g.layers)
        if (l.kind == layer_kind::convolution || l.kind == layer_kind::linear) add_names(family, l, known);
    for (auto const& [name, tensor] : weights)
        if (!known.contains(name))
            return error(errc::invalid_weights, name + " is unknown: " + g.architecture +
                                                    ", which the other tensors describe, has no such tensor");
    return {};
}

result<> fill(network_family const& family, graph& g, state_dict const& weights) {
    for (std::size_t i = 0; i < g.layers.size(); ++i) {
        auto& l = g.layers[i];
        if (l.kind != layer_kind::convolution && l.kind != layer_kind::linear) continue;
        auto const shape = weight_shape(g, i);
        auto f = l.kind == layer_kind::linear
                     ? copy_linear(weights, l.name, shape)
                     : fold_convolution(weights, l.name, family.batch_norm_name(l.name), shape);
        if (!f) return f.error();
        l.weight = std::move(f->weight);
        l.bias = std::move(f->bias);
        if (l.kind == layer_kind::linear && !weights.contains(l.name + ".bias"))
            g.remarks.push_back({"the classifier has no bias (no " + l.name + ".bias): zeros take its place"});
    }
    return {};
}

error no_classifier(network_family const& family, graph const& g) {
    return {errc::invalid_weights, "the network has no classifier (no " + std::string(family.classifier) +
                                       ".weight): this " + g.architecture +
                                       " gives features and no classes; expected a classification checkpoint"};
}

}  // namespace

std::vector<std::size_t> last_readers(graph const& network) {
    std::vector<std::size_t> last(network.layers.size() + 1, 0);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        auto const& l = network.layers[i];
        last[static_cast<std::size_t>(l.input)] = i;
        if (l.residual) last[static_cast<std::size_t>(*l.residual)] = i;
    }
    return last;
}

result<graph> build_graph(state_dict const& weights) {
    auto const& family = family_of(weights);
    auto g = family.make_layers(weights);
    if (!g) return g.error();
    // First, because it costs nothing and an unknown tensor explains others that are missing.
    if (auto const ok = refuse_unknown_names(family, *g, weights); !ok) return ok.error();
    if (auto const ok = fill(family, *g, weights); !ok) return ok.error();
    // Last, so that it is said of whole networks alone.
    if (g->classes == 0) return no_classifier(family, *g);
    return g;
}

}  // namespace sma::model
