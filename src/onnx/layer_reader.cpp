#include "layer_reader.hpp"

#include "graph_names.hpp"
#include "node_attributes.hpp"
#include "sma/core/shown_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace sma::onnx {
namespace {

using model::tensor;
using ::onnx::TensorProto;

error other(std::string text) { return {errc::unsupported, std::move(text)}; }

error other_operator(::onnx::NodeProto const& n, std::string const& why) {
    return other("the operator " + shown(n.op_type(), 32) + " (" + shown(n.name()) + ") " + why);
}

std::string layer_name(::onnx::NodeProto const& n) { return shown(n.name().empty() ? n.output(0) : n.name()); }

/// No numbers, which no builder takes, where padding is told in words or is not that of two sides.
model::graph_builder::window window_of(::onnx::NodeProto const& n) {
    auto padding = integers(n, "pads", {0, 0, 0, 0});
    if (!pads_explicitly(n) || padding.size() != 4) padding.clear();
    return {integers(n, "strides", {1, 1}), std::move(padding), integers(n, "dilations", {1, 1})};
}

tensor transposed(tensor const& t) {
    auto const rows = static_cast<std::size_t>(t.shape()[0]);
    auto const columns = static_cast<std::size_t>(t.shape()[1]);
    tensor made(model::dtype::f32, {t.shape()[1], t.shape()[0]});
    auto const from = t.values<float>();
    auto const to = made.fill<float>();
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
    return made;
}

std::size_t elements_in(::onnx::GraphProto const& graph, data_bytes_map const& data) {
    std::size_t bytes = graph.ByteSizeLong();
    for (auto const& [name, file] : data) bytes += file->bytes().size();
    return bytes;
}

}  // namespace

layer_reader::layer_reader(::onnx::GraphProto const& graph, data_bytes_map const& data)
    : graph_(graph), data_(data), builder_(elements_in(graph, data)) {
    for (auto const& t : graph.initializer()) weights_.emplace(t.name(), &t);
    for (auto const& n : graph.node())
        for (auto const& name : n.input()) ++readers_[name];
    for (auto const& v : graph.output()) ++readers_[v.name()];
}

result<model::graph> layer_reader::read(onnx_file const& described) {
    auto const& in = described.input;
    if (in.type != value_type::f32 || in.layout != image_layout::nchw)
        return other("its input is not F32 [n, 3, height, width]");
    values_[in.name] = builder::images();
    for (auto const& n : graph_.node()) {
        if (auto const ok = add(n); !ok) return ok.error();
        if (builder_.has_too_many_layers()) return other("it has too many layers");
    }
    auto const logits = find(described.output.name);
    if (!logits) return logits.error();
    return builder_.finish(logits->from);
}

result<> layer_reader::add(node const& n) {
    struct row {
        std::string_view type;
        result<> (layer_reader::*read)(node const&);
    };
    static constexpr std::array rows{row{"Conv", &layer_reader::add_convolution},
                                     row{"BatchNormalization", &layer_reader::add_batch_norm},
                                     row{"Relu", &layer_reader::add_relu},
                                     row{"Add", &layer_reader::add_sum},
                                     row{"MaxPool", &layer_reader::add_max_pool},
                                     row{"GlobalAveragePool", &layer_reader::add_average_pool},
                                     row{"ReduceMean", &layer_reader::add_average_pool},
                                     row{"Flatten", &layer_reader::add_flatten},
                                     row{"Reshape", &layer_reader::add_flatten},
                                     row{"Squeeze", &layer_reader::add_flatten},
                                     row{"Gemm", &layer_reader::add_gemm},
                                     row{"MatMul", &layer_reader::add_matrix_product},
                                     row{"Constant", &layer_reader::add_constant},
                                     row{"Identity", &layer_reader::add_alias},
                                     row{"Dropout", &layer_reader::add_alias}};
    auto const found = std::find_if(rows.begin(), rows.end(), [&](row const& r) { return r.type == n.op_type(); });
    if (found == rows.end() || !is_own_domain(n.domain())) return other_operator(n, "is none of a ResNet's");
    if (n.input_size() == 0 && n.op_type() != "Constant") return other_operator(n, "reads nothing");
    if (n.output_size() == 0) return other_operator(n, "writes nothing");
    return (this->*found->read)(n);
}

result<> layer_reader::add_constant(node const& n) {
    auto const* const a = find_attribute(n, "value");
    if (a == nullptr || !a->has_t()) return other_operator(n, "has no tensor");
    weights_[n.output(0)] = &a->t();
    return {};
}

result<> layer_reader::add_alias(node const& n) {
    if (n.op_type() == "Dropout" && n.input_size() > 2) return other_operator(n, "may be in training mode");
    if (is_weight(n.input(0))) {
        weights_[n.output(0)] = weights_[n.input(0)];
        return {};
    }
    auto const x = find(n.input(0));
    return x ? define(n, builder_.alias(*x)) : x.error();
}

result<> layer_reader::add_convolution(node const& n) {
    auto const x = find(n.input(0));
    if (!x) return x.error();
    if (n.input_size() < 2) return other_operator(n, "has no weights");
    auto w = weight(n.input(1));
    if (!w) return w.error();
    auto bias = optional_weight(n, 2);
    if (!bias) return bias.error();
    return define(n, builder_.convolution(layer_name(n), *x, window_of(n), integer(n, "group", 1), std::move(*w),
                                          std::move(*bias)));
}

result<> layer_reader::add_batch_norm(node const& n) {
    auto const x = find(n.input(0));
    if (!x) return x.error();
    // Before its weights are copied.
    if (n.input_size() != 5 || integer(n, "training_mode", 0) != 0 || !builder::is_open(*x))
        return other_operator(n, "does not follow a convolution alone");
    std::array<tensor, 4> parts;
    for (int i = 0; i < 4; ++i) {
        auto found = weight(n.input(i + 1));
        if (!found) return found.error();
        parts[static_cast<std::size_t>(i)] = std::move(*found);
    }
    return define(n, builder_.batch_norm(*x, parts, real(n, "epsilon", 1e-5F)));
}

result<> layer_reader::add_relu(node const& n) {
    auto const x = find(n.input(0));
    return x ? define(n, builder_.relu(*x)) : x.error();
}

result<> layer_reader::add_sum(node const& n) {
    if (n.input_size() != 2) return other_operator(n, "is no sum of two");
    if (is_weight(n.input(1))) return add_bias(n, n.input(0), n.input(1));
    if (is_weight(n.input(0))) return add_bias(n, n.input(1), n.input(0));
    auto const a = find(n.input(0));
    if (!a) return a.error();
    auto const b = find(n.input(1));
    return b ? define(n, builder_.sum(*a, *b)) : b.error();
}

result<> layer_reader::add_bias(node const& n, std::string const& matrix, std::string const& bias) {
    auto const x = find(matrix);
    if (!x) return x.error();
    auto const found = weight(bias);
    return found ? define(n, builder_.linear_bias(*x, *found)) : found.error();
}

result<> layer_reader::add_max_pool(node const& n) {
    auto const x = find(n.input(0));
    if (!x) return x.error();
    if (integer(n, "ceil_mode", 0) != 0 || n.output_size() != 1) return other_operator(n, "is no pool of a ResNet");
    return define(n, builder_.max_pool(layer_name(n), *x, integers(n, "kernel_shape", {}), window_of(n)));
}

result<> layer_reader::add_average_pool(node const& n) {
    auto const x = find(n.input(0));
    if (!x) return x.error();
    if (n.op_type() == "ReduceMean") {
        auto axes = integers(n, "axes", {});
        if (axes.empty() && n.input_size() == 2) {
            auto const told = listed_integers(n.input(1));
            if (!told) return told.error();
            axes = *told;
        }
        for (auto& axis : axes) axis = axis < 0 ? axis + 4 : axis;
        std::sort(axes.begin(), axes.end());
        if (axes != std::vector<std::int64_t>{2, 3}) return other_operator(n, "is no global average");
    }
    return define(n, builder_.average_pool(layer_name(n), *x));
}

result<> layer_reader::add_flatten(node const& n) {
    auto const x = find(n.input(0));
    return x ? define(n, builder_.flatten(*x)) : x.error();
}

result<> layer_reader::add_gemm(node const& n) {
    bool const plain = n.input_size() >= 2 && integer(n, "transA", 0) == 0 && real(n, "alpha", 1) == 1 &&
                       (n.input_size() == 2 || real(n, "beta", 1) == 1);
    if (!plain) return other_operator(n, "is no linear layer");
    auto w = weight(n.input(1));
    if (!w) return w.error();
    if (w->dimensions() != 2 || w->size() == 0) return other_operator(n, "is no linear layer");
    if (integer(n, "transB", 0) == 0) w = transposed(*w);
    auto bias = optional_weight(n, 2);
    if (!bias) return bias.error();
    auto const x = find(n.input(0));
    if (!x) return x.error();
    return define(n, builder_.linear(layer_name(n), *x, std::move(*w), std::move(*bias)));
}

result<> layer_reader::add_matrix_product(node const& n) {
    if (n.input_size() != 2) return other_operator(n, "is no linear layer");
    auto w = weight(n.input(1));
    if (!w) return w.error();
    if (w->dimensions() != 2 || w->size() == 0) return other_operator(n, "is no linear layer");
    auto const x = find(n.input(0));
    return x ? define(n, builder_.linear(layer_name(n), *x, transposed(*w), {})) : x.error();
}

result<model::graph_builder::operand> layer_reader::find(std::string const& name) const {
    auto const found = values_.find(name);
    if (found == values_.end()) return other(shown(name) + " is no activation of a ResNet");
    auto const readers = readers_.find(name);
    return builder::operand{found->second, readers != readers_.end() && readers->second == 1};
}

result<> layer_reader::define(node const& n, activation_result made) {
    if (!made) return other_operator(n, made.error().message);
    values_[n.output(0)] = std::move(*made);
    return {};
}

result<tensor> layer_reader::weight(std::string const& name) {
    auto const found = weights_.find(name);
    if (found == weights_.end()) return other(shown(name) + " is computed: expected weights");
    auto const& t = *found->second;
    if (!builder_.take_elements({t.dims().begin(), t.dims().end()}))
        return error(errc::invalid_weights, shown(name) + " has a shape that is out of range");
    return read_floats(t, data_);
}

result<tensor> layer_reader::optional_weight(node const& n, int input) {
    return n.input_size() > input && !n.input(input).empty() ? weight(n.input(input)) : tensor();
}

result<std::vector<std::int64_t>> layer_reader::listed_integers(std::string const& name) const {
    auto const found = weights_.find(name);
    constexpr std::size_t most = 8;
    if (found == weights_.end() || found->second->data_type() != TensorProto::INT64)
        return other(shown(name) + " is no list of numbers");
    auto const& t = *found->second;
    std::vector<std::int64_t> numbers(t.int64_data().begin(), t.int64_data().end());
    if (!t.raw_data().empty() && t.raw_data().size() <= most * sizeof(std::int64_t)) {
        numbers.resize(t.raw_data().size() / sizeof(std::int64_t));
        std::memcpy(numbers.data(), t.raw_data().data(), numbers.size() * sizeof(std::int64_t));
    }
    if (numbers.size() > most) return other(shown(name) + " is no list of numbers");
    return numbers;
}

}  // namespace sma::onnx
