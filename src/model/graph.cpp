#include "sma/model/graph.hpp"

#include "batch_norm_folding.hpp"
#include "resnet_spec.hpp"

#include <ATen/core/Tensor.h>

#include <set>

namespace sma::model {

namespace {

/// The names that the layer's weights come from.
void add_names(layer const& l, std::set<std::string, std::less<>>& names) {
    names.insert(l.name + ".weight");
    if (l.kind == layer_kind::linear) {
        names.insert(l.name + ".bias");
        return;
    }
    auto const bn = batch_norm_name(l.name);
    for (auto const* part : {".weight", ".bias", ".running_mean", ".running_var", ".num_batches_tracked"})
        names.insert(bn + part);
}

result<> refuse_unknown_names(graph const& g, state_dict const& weights) {
    std::set<std::string, std::less<>> known;
    for (auto const& l : g.layers)
        if (l.kind == layer_kind::convolution || l.kind == layer_kind::linear) add_names(l, known);
    for (auto const& [name, tensor] : weights)
        if (!known.contains(name))
            return error(errc::invalid_weights, name + " is unknown: " + g.architecture +
                                                    " in torchvision's layout, which the other " +
                                                    "tensors describe, has no such tensor");
    return {};
}

result<> fill(graph& g, state_dict const& weights) {
    for (std::size_t i = 0; i < g.layers.size(); ++i) {
        auto& l = g.layers[i];
        if (l.kind != layer_kind::convolution && l.kind != layer_kind::linear) continue;
        auto const shape = weight_shape(g, i);
        auto f = l.kind == layer_kind::linear ? copy_linear(weights, l.name, shape)
                                              : fold_convolution(weights, l.name, shape);
        if (!f) return f.error();
        l.weight = std::move(f->weight);
        l.bias = std::move(f->bias);
    }
    return {};
}

}  // namespace

result<graph> build_graph(state_dict const& weights) {
    auto const member = recognize(weights);
    if (!member) return member.error();
    auto g = make_layers(*member);
    // First, because it costs nothing and an unknown tensor explains others that are missing.
    if (auto const ok = refuse_unknown_names(g, weights); !ok) return ok.error();
    if (auto const ok = fill(g, weights); !ok) return ok.error();
    return g;
}

}  // namespace sma::model
