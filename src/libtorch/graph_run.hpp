// Run of a layer graph on libtorch's operators with every activation in view, in float or as int8 would compute it.
#pragma once

#include "sma/model/graph.hpp"

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace sma::libtorch {

/// Called for each value when it is there: 0 the input, layer i's output i + 1.
using value_observer = std::function<void(std::size_t value, at::Tensor const& activation)>;

/// Images f32 [n, h, w, 3] to the layout that run_graph() takes.
at::Tensor to_network_layout(at::Tensor const& images);

/// Logits f32 [n, classes] of a float graph.
at::Tensor run_float(model::graph const& network, at::Tensor const& input, value_observer const& observe = {});

/// One layer on float inputs; `residual` may be undefined.
at::Tensor run_layer(model::layer const& l, at::Tensor const& input, at::Tensor const& residual);

/// A graph as int8 computes it: weights rounded to their scales but kept as floats, and each value's scale. The sums of
/// products are exact in int8 and nearly so in float, so the results are those of an int8 engine.
struct simulated_graph {
    model::graph network;            ///< `weight` is the dequantized one
    std::vector<float> value_scale;  ///< one a value; 0: stays float (the logits)
    std::vector<char> is_unsigned;   ///< one a value
};

simulated_graph simulate(model::graph const& quantized);
at::Tensor run_simulated(simulated_graph const& g, at::Tensor const& input, value_observer const& observe = {});

/// `x` rounded to the stored form of value v.
at::Tensor rounded_as(simulated_graph const& g, std::size_t v, at::Tensor const& x);

/// For each value, true if it is u8: the output of a ReLU, also through pools.
std::vector<char> unsigned_values(model::graph const& network);

}  // namespace sma::libtorch
