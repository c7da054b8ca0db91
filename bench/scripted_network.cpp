#include "scripted_network.hpp"

#include "sma/libtorch/tensor_bridge.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/script.h>

#include <string>

namespace sma::bench {
namespace {

using model::layer;
using model::layer_kind;

std::string pair_of(int n) { return "[" + std::to_string(n) + ", " + std::to_string(n) + "]"; }

std::string value(int id) { return "v" + std::to_string(id); }

std::string expression(layer const& l, std::string const& index) {
    std::string const input = value(l.input);
    std::string const weights = "self.w" + index + ", self.b" + index;
    if (l.kind == layer_kind::max_pool)
        return "torch.max_pool2d(" + input + ", " + pair_of(l.kernel) + ", " + pair_of(l.stride) + ", " +
               pair_of(l.padding) + ")";
    if (l.kind == layer_kind::average_pool) return "torch.flatten(torch.adaptive_avg_pool2d(" + input + ", [1, 1]), 1)";
    if (l.kind == layer_kind::linear) return "torch.linear(" + input + ", " + weights + ")";
    std::string text = "torch.conv2d(" + input + ", " + weights + ", " + pair_of(l.stride) + ", " + pair_of(l.padding) +
                       ", [1, 1], " + std::to_string(l.groups) + ")";
    if (l.residual) text = "torch.add(" + text + ", " + value(*l.residual) + ")";
    return l.activation == model::activation_kind::relu ? "torch.relu(" + text + ")" : text;
}

}  // namespace

torch::jit::Module scripted_network(model::graph const& network) {
    torch::jit::Module m("network");
    std::string source = "def forward(self, v0):\n";
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        auto const& l = network.layers[i];
        std::string const index = std::to_string(i);
        if (l.weight.is_defined()) {
            m.register_parameter("w" + index, libtorch::to_torch(l.weight), false);
            m.register_parameter("b" + index, libtorch::to_torch(l.bias), false);
        }
        source += "    " + value(static_cast<int>(i) + 1) + " = " + expression(l, index) + "\n";
    }
    m.define(source + "    return " + value(static_cast<int>(network.layers.size())) + "\n");
    m.eval();
    auto frozen = torch::jit::freeze(m);
    return torch::jit::optimize_for_inference(frozen);
}

}  // namespace sma::bench
