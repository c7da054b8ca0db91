// Reader of the layers of a ResNet from the operators of an ONNX graph.
#pragma once

#include "model_proto.hpp"
#include "sma/model/graph_builder.hpp"
#include "sma/onnx/onnx_file.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace sma::onnx {

/// Goes through the operators in their order, each of which reads values that are known by then. Refers to the message
/// and to the data. Used once, on one thread.
class layer_reader {
public:
    layer_reader(::onnx::GraphProto const& graph, data_bytes_map const& data);

    /// `described` has no problem. Errors: unsupported, invalid_weights.
    result<model::graph> read(onnx_file const& described);

private:
    using node = ::onnx::NodeProto;
    using builder = model::graph_builder;
    using activation_result = result<builder::activation>;

    result<> add(node const& n);
    result<> add_constant(node const& n);
    result<> add_alias(node const& n);
    result<> add_convolution(node const& n);
    result<> add_batch_norm(node const& n);
    result<> add_relu(node const& n);
    result<> add_sum(node const& n);
    result<> add_bias(node const& n, std::string const& matrix, std::string const& bias);
    result<> add_max_pool(node const& n);
    result<> add_average_pool(node const& n);
    result<> add_flatten(node const& n);
    result<> add_gemm(node const& n);
    result<> add_matrix_product(node const& n);

    result<builder::operand> find(std::string const& name) const;
    /// What the operator writes, or an error that names the operator.
    result<> define(node const& n, activation_result made);

    bool is_weight(std::string const& name) const { return weights_.contains(name); }
    /// A copy of weights as F32, within the budget.
    result<model::tensor> weight(std::string const& name);
    /// Not defined where the operator has no such input.
    result<model::tensor> optional_weight(node const& n, int input);
    result<std::vector<std::int64_t>> listed_integers(std::string const& name) const;

    ::onnx::GraphProto const& graph_;
    data_bytes_map const& data_;
    std::map<std::string, ::onnx::TensorProto const*> weights_;
    std::map<std::string, int> readers_;  ///< how often each value is read
    std::map<std::string, builder::activation> values_;
    builder builder_;
};

}  // namespace sma::onnx
