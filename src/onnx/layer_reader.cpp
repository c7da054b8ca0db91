#include "layer_reader.hpp"

#include "graph_names.hpp"
#include "node_attributes.hpp"
#include "resnet_name.hpp"
#include "shown_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

namespace sma::onnx {
namespace {

using model::activation_kind;
using model::layer;
using model::layer_kind;
using model::tensor;
using ::onnx::TensorProto;

constexpr int channels_max = 1 << 16;
constexpr int kernel_max = 11;
constexpr int layers_max = 4096;

error other(std::string text) { return {errc::unsupported, std::move(text)}; }

error other_operator(::onnx::NodeProto const& n, std::string const& why) {
    return other("the operator " + shown(n.op_type(), 32) + " (" + shown(n.name()) + ") " + why);
}

/// What a convolution and a pool have in common; nothing where it is not the same along both sides.
struct window {
    int kernel, stride, padding;
};

std::optional<window> window_of(::onnx::NodeProto const& n, std::vector<std::int64_t> const& kernel) {
    auto const strides = integers(n, "strides", {1, 1});
    auto const pads = integers(n, "pads", {0, 0, 0, 0});
    bool const plain = pads_explicitly(n) && all_are(integers(n, "dilations", {1, 1}), 1) && kernel.size() == 2 &&
                       strides.size() == 2 && pads.size() == 4 && kernel[0] == kernel[1] && strides[0] == strides[1] &&
                       all_are(pads, pads[0]);
    if (!plain) return std::nullopt;
    bool const in_range = kernel[0] >= 1 && kernel[0] <= kernel_max && strides[0] >= 1 && strides[0] <= kernel[0] + 1 &&
                          pads[0] >= 0 && 2 * pads[0] <= kernel[0];
    if (!in_range) return std::nullopt;
    return window{static_cast<int>(kernel[0]), static_cast<int>(strides[0]), static_cast<int>(pads[0])};
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

tensor zeros(std::int64_t size) {
    tensor made(model::dtype::f32, {size});
    auto const values = made.fill<float>();
    std::fill(values.begin(), values.end(), 0.0F);
    return made;
}

/// weight * scale and (bias - mean) * scale + shift, each rounded once.
void fold(layer& l, std::span<float const> gamma, std::span<float const> beta, std::span<float const> mean,
          std::span<float const> variance, double epsilon) {
    tensor weight(model::dtype::f32, l.weight.shape());
    tensor bias(model::dtype::f32, l.bias.shape());
    auto const from = l.weight.values<float>();
    auto const columns = from.size() / gamma.size();
    for (std::size_t c = 0; c < gamma.size(); ++c) {
        double const scale = gamma[c] / std::sqrt(static_cast<double>(variance[c]) + epsilon);
        for (std::size_t i = c * columns; i < (c + 1) * columns; ++i)
            weight.fill<float>()[i] = static_cast<float>(from[i] * scale);
        double const shifted = (static_cast<double>(l.bias.values<float>()[c]) - mean[c]) * scale + beta[c];
        bias.fill<float>()[c] = static_cast<float>(shifted);
    }
    l.weight = std::move(weight);
    l.bias = std::move(bias);
}

std::size_t elements_in(::onnx::GraphProto const& graph, data_bytes_map const& data) {
    std::size_t bytes = graph.ByteSizeLong();
    for (auto const& [name, file] : data) bytes += file->bytes().size();
    return bytes;
}

}  // namespace

layer_reader::layer_reader(::onnx::GraphProto const& graph, data_bytes_map const& data)
    : graph_(graph), data_(data), elements_left_(elements_in(graph, data)) {
    for (auto const& t : graph.initializer()) weights_.emplace(t.name(), &t);
    for (auto const& n : graph.node())
        for (auto const& name : n.input()) ++readers_[name];
    for (auto const& v : graph.output()) ++readers_[v.name()];
}

result<model::graph> layer_reader::read(onnx_file const& described) {
    auto const& in = described.input;
    if (in.type != value_type::f32 || in.layout != image_layout::nchw)
        return other("its input is not F32 [n, 3, height, width]");
    auto images = std::make_shared<value>();
    images->id = 0;
    images->channels = 3;
    values_[in.name] = std::move(images);
    for (auto const& n : graph_.node()) {
        if (auto const ok = add(n); !ok) return ok.error();
        if (made_.layers.size() > layers_max) return other("it has too many layers");
    }
    auto const logits = find(described.output.name);
    if (!logits) return logits.error();
    bool const ends = !made_.layers.empty() && made_.layers.back().kind == layer_kind::linear &&
                      (*logits)->id == static_cast<int>(made_.layers.size());
    if (!ends) return other("it does not end in a linear layer");
    made_.classes = made_.layers.back().channels;
    made_.architecture = resnet_name(made_);
    if (made_.architecture.empty()) return other("it has no residual sums");
    return std::move(made_);
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
    auto const v = find(n.input(0));
    if (!v) return v.error();
    // Read twice by these names: what is open cannot be changed behind the other's back.
    if (readers_[n.input(0)] > 1) settle(**v);
    define(n, *v);
    return {};
}

result<> layer_reader::add_convolution(node const& n) {
    auto const from = find(n.input(0));
    if (!from) return from.error();
    if (n.input_size() < 2) return other_operator(n, "has no weights");
    auto w = weight(n.input(1));
    if (!w) return w.error();
    if (w->dimensions() != 4 || w->size() == 0 || w->shape()[0] > channels_max)
        return other_operator(n, "has weights of another shape");
    auto const of = window_of(n, {w->shape()[2], w->shape()[3]});
    auto const groups = integer(n, "group", 1);
    auto const inputs = (*from)->channels;
    if (!of || groups < 1 || groups > inputs || inputs % groups != 0 || w->shape()[1] != inputs / groups ||
        w->shape()[0] % groups != 0)
        return other_operator(n, "is no convolution of a ResNet");
    auto bias = n.input_size() > 2 && !n.input(2).empty() ? vector(n.input(2), w->shape()[0]) : zeros(w->shape()[0]);
    if (!bias) return bias.error();
    auto made = std::make_shared<value>();
    made->channels = static_cast<int>(w->shape()[0]);
    auto& l = made->open;
    l.name = shown(n.name().empty() ? n.output(0) : n.name());
    l.input = settle(**from);
    l.kernel = of->kernel;
    l.stride = of->stride;
    l.padding = of->padding;
    l.groups = static_cast<int>(groups);
    l.channels = made->channels;
    l.weight = std::move(*w);
    l.bias = std::move(*bias);
    define(n, std::move(made));
    return {};
}

result<> layer_reader::add_batch_norm(node const& n) {
    auto const v = find(n.input(0));
    if (!v) return v.error();
    if (n.input_size() != 5 || integer(n, "training_mode", 0) != 0 || !is_open(n.input(0), **v) || (*v)->open.residual)
        return other_operator(n, "does not follow a convolution alone");
    std::array<tensor, 4> parts;
    for (int i = 0; i < 4; ++i) {
        auto found = vector(n.input(i + 1), (*v)->channels);
        if (!found) return found.error();
        parts[static_cast<std::size_t>(i)] = std::move(*found);
    }
    fold((*v)->open, parts[0].values<float>(), parts[1].values<float>(), parts[2].values<float>(),
         parts[3].values<float>(), real(n, "epsilon", 1e-5F));
    define(n, *v);
    return {};
}

result<> layer_reader::add_relu(node const& n) {
    auto const v = find(n.input(0));
    if (!v) return v.error();
    if (!is_open(n.input(0), **v)) return other_operator(n, "does not follow a convolution or a sum alone");
    (*v)->open.activation = activation_kind::relu;
    define(n, *v);
    return {};
}

result<> layer_reader::add_sum(node const& n) {
    if (n.input_size() != 2) return other_operator(n, "is no sum of two");
    if (is_weight(n.input(1))) return add_bias(n, n.input(0), n.input(1));
    if (is_weight(n.input(0))) return add_bias(n, n.input(1), n.input(0));
    auto const a = find(n.input(0));
    if (!a) return a.error();
    auto const b = find(n.input(1));
    if (!b) return b.error();
    auto const can_take = [this](std::string const& name, value const& v) {
        return is_open(name, v) && !v.open.residual;
    };
    bool const first = can_take(n.input(0), **a);
    bool const second = can_take(n.input(1), **b);
    if ((!first && !second) || *a == *b || (*a)->channels != (*b)->channels)
        return other_operator(n, "is no sum of a convolution and a shortcut");
    // Of two convolutions the shortcut reads the block's input, and the other something later.
    bool const takes_first = first && (!second || (*a)->open.input >= (*b)->open.input);
    auto const& main = takes_first ? *a : *b;
    main->open.residual = settle(takes_first ? **b : **a);
    define(n, main);
    return {};
}

/// The bias of a linear layer that is a product of matrices.
result<> layer_reader::add_bias(node const& n, std::string const& matrix, std::string const& bias) {
    auto const v = find(matrix);
    if (!v) return v.error();
    bool const is_last = (*v)->id && *(*v)->id == static_cast<int>(made_.layers.size()) && !made_.layers.empty() &&
                         made_.layers.back().kind == layer_kind::linear && readers_[matrix] == 1;
    if (!is_last) return other_operator(n, "adds numbers to something else than a linear layer");
    auto found = vector(bias, (*v)->channels);
    if (!found) return found.error();
    auto const sum = made_.layers.back().bias.fill<float>();
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += found->values<float>()[i];
    define(n, *v);
    return {};
}

result<> layer_reader::add_max_pool(node const& n) {
    auto const v = find(n.input(0));
    if (!v) return v.error();
    auto const of = window_of(n, integers(n, "kernel_shape", {}));
    if (!of || integer(n, "ceil_mode", 0) != 0 || n.output_size() != 1)
        return other_operator(n, "is no pool of a ResNet");
    layer l;
    l.name = shown(n.name().empty() ? n.output(0) : n.name());
    l.kind = layer_kind::max_pool;
    l.input = settle(**v);
    l.kernel = of->kernel;
    l.stride = of->stride;
    l.padding = of->padding;
    auto made = std::make_shared<value>();
    made->channels = l.channels = (*v)->channels;
    made->id = append(std::move(l), made->channels);
    define(n, std::move(made));
    return {};
}

result<> layer_reader::add_average_pool(node const& n) {
    auto const v = find(n.input(0));
    if (!v) return v.error();
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
    layer l;
    l.name = shown(n.name().empty() ? n.output(0) : n.name());
    l.kind = layer_kind::average_pool;
    l.input = settle(**v);
    auto made = std::make_shared<value>();
    made->channels = l.channels = (*v)->channels;
    made->id = append(std::move(l), made->channels);
    define(n, std::move(made));
    return {};
}

result<> layer_reader::add_flatten(node const& n) {
    auto const v = find(n.input(0));
    if (!v) return v.error();
    if (!is_pooled(**v)) return other_operator(n, "does not follow the global average");
    define(n, *v);
    return {};
}

result<> layer_reader::add_gemm(node const& n) {
    bool const plain = n.input_size() >= 2 && integer(n, "transA", 0) == 0 && real(n, "alpha", 1) == 1 &&
                       (n.input_size() == 2 || real(n, "beta", 1) == 1);
    if (!plain) return other_operator(n, "is no linear layer");
    auto w = weight(n.input(1));
    if (!w) return w.error();
    if (w->dimensions() != 2 || w->size() == 0) return other_operator(n, "is no linear layer");
    if (integer(n, "transB", 0) == 0) w = transposed(*w);
    auto bias = n.input_size() > 2 && !n.input(2).empty() ? vector(n.input(2), w->shape()[0]) : zeros(w->shape()[0]);
    if (!bias) return bias.error();
    return add_linear(n, std::move(*w), std::move(*bias));
}

result<> layer_reader::add_matrix_product(node const& n) {
    if (n.input_size() != 2) return other_operator(n, "is no linear layer");
    auto w = weight(n.input(1));
    if (!w) return w.error();
    if (w->dimensions() != 2 || w->size() == 0) return other_operator(n, "is no linear layer");
    auto bias = zeros(w->shape()[1]);
    return add_linear(n, transposed(*w), std::move(bias));
}

result<> layer_reader::add_linear(node const& n, tensor w, tensor bias) {
    auto const v = find(n.input(0));
    if (!v) return v.error();
    if (!is_pooled(**v) || w.shape()[1] != (*v)->channels || w.shape()[0] > channels_max)
        return other_operator(n, "does not read the global average");
    layer l;
    l.name = shown(n.name().empty() ? n.output(0) : n.name());
    l.kind = layer_kind::linear;
    l.input = *(*v)->id;
    auto made = std::make_shared<value>();
    made->channels = l.channels = static_cast<int>(w.shape()[0]);
    l.weight = std::move(w);
    l.bias = std::move(bias);
    made->id = append(std::move(l), made->channels);
    define(n, std::move(made));
    return {};
}

result<layer_reader::value_pointer> layer_reader::find(std::string const& name) const {
    auto const found = values_.find(name);
    if (found == values_.end()) return other(shown(name) + " is no activation of a ResNet");
    return found->second;
}

int layer_reader::settle(value& v) {
    if (!v.id) v.id = append(std::move(v.open), v.channels);
    return *v.id;
}

bool layer_reader::is_open(std::string const& name, value const& v) const {
    auto const readers = readers_.find(name);
    return !v.id && v.open.activation == activation_kind::none && readers != readers_.end() && readers->second == 1;
}

bool layer_reader::is_pooled(value const& v) const {
    return v.id && *v.id > 0 && made_.layers[static_cast<std::size_t>(*v.id) - 1].kind == layer_kind::average_pool;
}

int layer_reader::append(layer l, int channels) {
    made_.layers.push_back(std::move(l));
    channels_.push_back(channels);
    return static_cast<int>(made_.layers.size());
}

void layer_reader::define(node const& n, value_pointer v) { values_[n.output(0)] = std::move(v); }

result<tensor> layer_reader::weight(std::string const& name) {
    auto const found = weights_.find(name);
    if (found == weights_.end()) return other(shown(name) + " is computed: expected weights");
    auto const& t = *found->second;
    model::tensor_shape const shape(t.dims().begin(), t.dims().end());
    auto const count = model::element_count(shape);
    if (!count || static_cast<std::size_t>(*count) > elements_left_)
        return error(errc::invalid_weights, shown(name) + " has a shape that is out of range");
    elements_left_ -= static_cast<std::size_t>(*count);
    return read_floats(t, data_);
}

result<tensor> layer_reader::vector(std::string const& name, std::int64_t size) {
    auto made = weight(name);
    if (!made) return made;
    if (made->shape() != model::tensor_shape{size})
        return other(shown(name) + " has shape " + model::shape_text(made->shape()) + ", expected [" +
                     std::to_string(size) + "]");
    return made;
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
