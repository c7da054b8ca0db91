#include "graph_names.hpp"

#include <set>

namespace sma::onnx {

std::vector<::onnx::ValueInfoProto const*> network_inputs(::onnx::GraphProto const& graph) {
    std::set<std::string_view> weights;
    for (auto const& t : graph.initializer()) weights.insert(t.name());
    std::vector<::onnx::ValueInfoProto const*> inputs;
    for (auto const& v : graph.input())
        if (!weights.contains(v.name())) inputs.push_back(&v);
    return inputs;
}

}  // namespace sma::onnx
