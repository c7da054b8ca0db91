// Reader of the layers of a ResNet from the operators of an ONNX graph.
#pragma once

#include "model_proto.hpp"
#include "sma/model/graph.hpp"
#include "sma/onnx/onnx_file.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::onnx {

/// Goes through the operators in their order, each of which reads values that are known by then. A convolution stays
/// open until something reads it that cannot become part of it (a batch-norm, a sum or a ReLU can). Refers to the
/// message and to the data. Used once, on one thread.
class layer_reader {
public:
    layer_reader(::onnx::GraphProto const& graph, data_bytes_map const& data);

    /// `described` has no problem. Errors: unsupported, invalid_weights.
    result<model::graph> read(onnx_file const& described);

private:
    using node = ::onnx::NodeProto;

    /// An activation: of a layer that has been added, or of an open convolution.
    struct value {
        std::optional<int> id;
        model::layer open;
        int channels = 0;
    };
    using value_pointer = std::shared_ptr<value>;

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
    result<> add_linear(node const& n, model::tensor weight, model::tensor bias);

    result<value_pointer> find(std::string const& name) const;
    /// The value's id; an open convolution is added to the graph first.
    int settle(value& v);
    /// Whether the open convolution in `name` may still be changed: nothing else reads it.
    bool is_open(std::string const& name, value const& v) const;
    bool is_pooled(value const& v) const;
    int append(model::layer l, int channels);
    void define(node const& n, value_pointer v);

    bool is_weight(std::string const& name) const { return weights_.contains(name); }
    /// A copy of weights as F32, within the budget.
    result<model::tensor> weight(std::string const& name);
    result<model::tensor> vector(std::string const& name, std::int64_t size);
    result<std::vector<std::int64_t>> listed_integers(std::string const& name) const;

    ::onnx::GraphProto const& graph_;
    data_bytes_map const& data_;
    std::map<std::string, ::onnx::TensorProto const*> weights_;
    std::map<std::string, int> readers_;  ///< how often each value is read
    std::map<std::string, value_pointer> values_;
    model::graph made_;
    std::vector<int> channels_{3};   ///< of each value id
    std::size_t elements_left_ = 0;  ///< that may still be copied: names may stand for the same weights many times
};

}  // namespace sma::onnx
