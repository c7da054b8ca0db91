#include "graph_run.hpp"

#include "sma/libtorch/tensor_bridge.hpp"
#include "sma/model/quantized_weights.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace sma::libtorch {

using model::activation_kind;
using model::layer;
using model::layer_kind;

namespace {

template <class Finish>
at::Tensor run(model::graph const& network, at::Tensor const& input, Finish finish) {
    at::NoGradGuard const no_grad;
    auto const last = model::last_readers(network);
    std::vector<at::Tensor> values(network.layers.size() + 1);
    values[0] = finish(0, input);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        auto const& l = network.layers[i];
        auto const residual = l.residual ? values[static_cast<std::size_t>(*l.residual)] : at::Tensor();
        values[i + 1] = finish(i + 1, run_layer(l, values[static_cast<std::size_t>(l.input)], residual));
        for (std::size_t v = 0; v <= i; ++v)
            if (last[v] <= i) values[v].reset();
    }
    return values.back();
}

}  // namespace

at::Tensor to_network_layout(at::Tensor const& images) {
    return images.permute({0, 3, 1, 2}).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor run_layer(layer const& l, at::Tensor const& input, at::Tensor const& residual) {
    switch (l.kind) {
        case layer_kind::max_pool:
            return at::max_pool2d(input, l.kernel, l.stride, l.padding);
        case layer_kind::average_pool:
            return at::adaptive_avg_pool2d(input, {1, 1});
        case layer_kind::linear:
            return at::linear(input.flatten(1), to_torch(l.weight), to_torch(l.bias));
        default:
            break;
    }
    auto output = at::conv2d(input, to_torch(l.weight), to_torch(l.bias), l.stride, l.padding, 1, l.groups);
    if (residual.defined()) output.add_(residual);
    return l.activation == activation_kind::relu ? output.relu_() : output;
}

at::Tensor run_float(model::graph const& network, at::Tensor const& input, value_observer const& observe) {
    return run(network, input, [&](std::size_t v, at::Tensor x) {
        if (observe) observe(v, x);
        return x;
    });
}

std::vector<char> unsigned_values(model::graph const& network) {
    std::vector<char> is_unsigned{0};
    for (layer const& l : network.layers) {
        bool const pool = l.kind == layer_kind::max_pool || l.kind == layer_kind::average_pool;
        is_unsigned.push_back(pool ? is_unsigned[static_cast<std::size_t>(l.input)]
                                   : static_cast<char>(l.activation == activation_kind::relu));
    }
    return is_unsigned;
}

simulated_graph simulate(model::graph const& quantized) {
    simulated_graph g;
    g.is_unsigned = unsigned_values(quantized);
    g.value_scale.push_back(quantized.layers.front().int8->input_scale);
    for (layer const& l : quantized.layers) {
        if (l.kind == layer_kind::max_pool)
            g.value_scale.push_back(g.value_scale[static_cast<std::size_t>(l.input)]);
        else if (l.kind == layer_kind::average_pool)
            g.value_scale.push_back(quantized.layers.back().int8->input_scale);
        else
            g.value_scale.push_back(l.int8->output_scale);
    }
    g.network = model::dequantized(quantized);
    return g;
}

at::Tensor rounded_as(simulated_graph const& g, std::size_t v, at::Tensor const& x) {
    float const scale = g.value_scale[v];
    if (scale == 0) return x;
    auto q = (x / scale).round_();
    q = g.is_unsigned[v] ? q.clamp_(0, 255) : q.clamp_(-128, 127);
    return q.mul_(scale);
}

at::Tensor run_simulated(simulated_graph const& g, at::Tensor const& input, value_observer const& observe) {
    return run(g.network, input, [&](std::size_t v, at::Tensor const& x) {
        auto stored = rounded_as(g, v, x);
        if (observe) observe(v, stored);
        return stored;
    });
}

}  // namespace sma::libtorch
