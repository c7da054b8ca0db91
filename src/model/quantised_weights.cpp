#include "sma/model/quantise.hpp"

#include "graph_run.hpp"

#include <ATen/ATen.h>

namespace sma::model {

at::Tensor float_weight(quantisation const& q) {
    auto const scales = at::tensor(q.weight_scale, at::kFloat);
    std::vector<std::int64_t> shape(static_cast<std::size_t>(q.weight.dim()), 1);
    shape.front() = scales.numel();
    return q.weight.to(at::kFloat) * scales.view(shape);
}

graph dequantised(graph network) {
    for (layer& l : network.layers) {
        if (!l.int8) continue;
        l.weight = float_weight(*l.int8);
        l.int8.reset();
    }
    network.quantised = false;
    return network;
}

}  // namespace sma::model
