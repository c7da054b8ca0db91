// Reader of the layers of a ResNet from the operators of a TorchScript graph.
#pragma once

#include "script_numbers.hpp"
#include "sma/model/graph_builder.hpp"

#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <map>

namespace sma::libtorch {

/// Goes through the operators of a frozen module's forward() in their order. Shapes are known as far as a ResNet's
/// layers tell them, so that checks of a tensor's dimensions are decided; what depends on the images is no ResNet. An
/// operator that writes to what it reads is taken if nothing else reads that. Used once, on one thread. Throws what
/// libtorch throws.
class script_reader {
public:
    /// `elements_max` of all weights together.
    explicit script_reader(std::size_t elements_max) : builder_(elements_max) {}

    /// Errors: unsupported. Changes the graph: what the logits do not depend on is taken out.
    result<model::graph> read(torch::jit::Graph& forward);

private:
    using node = torch::jit::Node;
    using script_value = torch::jit::Value;
    using builder = model::graph_builder;
    using shape = script_numbers::list;

    /// An activation and what is known of its shape.
    struct tensor_value {
        builder::activation from;
        shape dimensions;
    };

    result<> add_block(torch::jit::Block const& block);
    result<> add(node const& n);
    result<> add_nothing(node const& n);
    result<> add_convolution(node const& n);
    result<> add_batch_norm(node const& n);
    result<> add_relu(node const& n);
    result<> add_sum(node const& n);
    result<> add_max_pool(node const& n);
    result<> add_average_pool(node const& n);
    result<> add_mean(node const& n);
    result<> add_flatten(node const& n);
    result<> add_view(node const& n);
    result<> add_squeeze(node const& n);
    result<> add_linear(node const& n);
    result<> add_matrix_product(node const& n);
    result<> add_alias(node const& n);
    result<> add_dropout(node const& n);
    result<> add_conversion(node const& n);
    result<> add_size(node const& n);
    result<> add_dimension_count(node const& n);
    result<> add_number(node const& n);
    result<> add_branch(node const& n);

    result<> add_global_average(node const& n, bool keeps_dimensions);
    result<> append_linear(node const& n, script_value const& x, script_value const& named, at::Tensor const& weight,
                           at::Tensor const& bias);
    result<> flatten(node const& n);

    result<builder::operand> find(script_value const& v) const;
    /// What the operator writes, or an error that names the operator.
    result<> define(node const& n, result<builder::activation> made);
    result<> define(node const& n, result<builder::activation> made, shape dimensions);

    /// A copy of weights as F32, within what may still be copied; not defined for an undefined tensor.
    result<model::tensor> copy(at::Tensor const& weights);

    std::map<script_value const*, tensor_value> activations_;
    script_numbers numbers_;
    builder builder_;
};

}  // namespace sma::libtorch
