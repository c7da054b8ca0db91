#include "sma/model/graph_builder.hpp"

#include "resnet_name.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace sma::model {
namespace {

constexpr int channels_max = 1 << 16;
constexpr int kernel_max = 11;
constexpr int layers_max = 4096;

error other(std::string text) { return {errc::unsupported, std::move(text)}; }

/// What a convolution and a pool have in common, the same along both sides.
struct square_window {
    int kernel, stride, padding;
};

bool all_are(std::vector<std::int64_t> const& numbers, std::int64_t number) {
    return !numbers.empty() &&
           std::all_of(numbers.begin(), numbers.end(), [number](std::int64_t n) { return n == number; });
}

std::optional<square_window> square(std::vector<std::int64_t> const& kernel, graph_builder::window const& w) {
    bool const plain = kernel.size() == 2 && w.stride.size() == 2 && all_are(kernel, kernel[0]) &&
                       all_are(w.stride, w.stride[0]) && all_are(w.dilation, 1) && !w.padding.empty() &&
                       all_are(w.padding, w.padding[0]);
    if (!plain) return std::nullopt;
    bool const in_range = kernel[0] >= 1 && kernel[0] <= kernel_max && w.stride[0] >= 1 &&
                          w.stride[0] <= kernel[0] + 1 && w.padding[0] >= 0 && 2 * w.padding[0] <= kernel[0];
    if (!in_range) return std::nullopt;
    return square_window{static_cast<int>(kernel[0]), static_cast<int>(w.stride[0]), static_cast<int>(w.padding[0])};
}

tensor zeros(std::int64_t size) {
    tensor made(dtype::f32, {size});
    auto const values = made.fill<float>();
    std::fill(values.begin(), values.end(), 0.0F);
    return made;
}

/// One value a channel.
result<> check_vector(tensor const& t, std::int64_t channels) {
    if (t.shape() == tensor_shape{channels}) return {};
    return other("has weights of shape " + shape_text(t.shape()) + ", expected [" + std::to_string(channels) + "]");
}

/// The bias, or zeros where there is none.
result<tensor> bias_or_zeros(tensor bias, std::int64_t channels) {
    if (!bias.is_defined()) return zeros(channels);
    if (auto const ok = check_vector(bias, channels); !ok) return ok.error();
    return bias;
}

/// weight * scale and (bias - mean) * scale + shift, each rounded once.
void fold(layer& l, std::array<tensor, 4> const& parts, double epsilon) {
    auto const gamma = parts[0].values<float>();
    auto const beta = parts[1].values<float>();
    auto const mean = parts[2].values<float>();
    auto const variance = parts[3].values<float>();
    tensor weight(dtype::f32, l.weight.shape());
    tensor bias(dtype::f32, l.bias.shape());
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

/// Whether the open convolution in `x` may become the end of a block.
bool can_take_sum(graph_builder::operand const& x) { return graph_builder::is_open(x) && !x.from->open.residual; }

}  // namespace

bool graph_builder::take_elements(tensor_shape const& shape) {
    auto const count = element_count(shape);
    if (!count || static_cast<std::size_t>(*count) > elements_left_) return false;
    elements_left_ -= static_cast<std::size_t>(*count);
    return true;
}

graph_builder::activation graph_builder::images() {
    auto made = std::make_shared<value>();
    made->id = 0;
    made->channels = 3;
    return made;
}

result<graph_builder::activation> graph_builder::convolution(std::string name, operand const& x, window const& w,
                                                             std::int64_t groups, tensor weight, tensor bias) {
    auto const& shape = weight.shape();
    if (shape.size() != 4 || weight.size() == 0 || shape[0] > channels_max)
        return other("has weights of another shape");
    auto const of = square({shape[2], shape[3]}, w);
    auto const inputs = x.from->channels;
    // MNASNet and others convolve each channel alone, which our kernels are not made for.
    bool const channel_alone = groups > 1 && groups == inputs;
    if (!of || channel_alone || groups < 1 || groups > inputs || inputs % groups != 0 || shape[1] != inputs / groups ||
        shape[0] % groups != 0)
        return other("is no convolution of a ResNet");
    auto shift = bias_or_zeros(std::move(bias), shape[0]);
    if (!shift) return shift.error();
    auto made = std::make_shared<value>();
    made->channels = static_cast<int>(shape[0]);
    auto& l = made->open;
    l.name = std::move(name);
    l.input = settle(x.from);
    l.kernel = of->kernel;
    l.stride = of->stride;
    l.padding = of->padding;
    l.groups = static_cast<int>(groups);
    l.channels = made->channels;
    l.weight = std::move(weight);
    l.bias = std::move(*shift);
    return made;
}

result<graph_builder::activation> graph_builder::batch_norm(operand const& x, std::array<tensor, 4> const& parts,
                                                            double epsilon) {
    if (!can_take_sum(x)) return other("does not follow a convolution alone");
    for (auto const& part : parts)
        if (auto const ok = check_vector(part, x.from->channels); !ok) return ok.error();
    fold(x.from->open, parts, epsilon);
    return x.from;
}

result<graph_builder::activation> graph_builder::relu(operand const& x) {
    if (!is_open(x)) return other("does not follow a convolution or a sum alone");
    x.from->open.activation = activation_kind::relu;
    return x.from;
}

result<graph_builder::activation> graph_builder::sum(operand const& a, operand const& b) {
    bool const first = can_take_sum(a);
    bool const second = can_take_sum(b);
    if ((!first && !second) || a.from == b.from || a.from->channels != b.from->channels)
        return other("is no sum of a convolution and a shortcut");
    // Of two convolutions the shortcut reads the block's input, and the other something later.
    bool const takes_first = first && (!second || a.from->open.input >= b.from->open.input);
    auto const& main = takes_first ? a.from : b.from;
    main->open.residual = settle(takes_first ? b.from : a.from);
    return main;
}

result<graph_builder::activation> graph_builder::max_pool(std::string name, operand const& x,
                                                          std::vector<std::int64_t> const& kernel, window const& w) {
    auto const of = square(kernel, w);
    if (!of) return other("is no pool of a ResNet");
    layer l;
    l.name = std::move(name);
    l.kind = layer_kind::max_pool;
    l.input = settle(x.from);
    l.kernel = of->kernel;
    l.stride = of->stride;
    l.padding = of->padding;
    l.channels = x.from->channels;
    return append_layer(std::move(l));
}

result<graph_builder::activation> graph_builder::average_pool(std::string name, operand const& x) {
    layer l;
    l.name = std::move(name);
    l.kind = layer_kind::average_pool;
    l.input = settle(x.from);
    l.channels = x.from->channels;
    return append_layer(std::move(l));
}

result<graph_builder::activation> graph_builder::flatten(operand const& x) {
    if (!is_pooled(x.from)) return other("does not follow the global average");
    return x.from;
}

result<graph_builder::activation> graph_builder::linear(std::string name, operand const& x, tensor weight,
                                                        tensor bias) {
    auto const& shape = weight.shape();
    if (shape.size() != 2 || weight.size() == 0) return other("is no linear layer");
    auto shift = bias_or_zeros(std::move(bias), shape[0]);
    if (!shift) return shift.error();
    if (!is_pooled(x.from) || shape[1] != x.from->channels || shape[0] > channels_max)
        return other("does not read the global average");
    layer l;
    l.name = std::move(name);
    l.kind = layer_kind::linear;
    l.input = *x.from->id;
    l.channels = static_cast<int>(shape[0]);
    l.weight = std::move(weight);
    l.bias = std::move(*shift);
    return append_layer(std::move(l));
}

result<graph_builder::activation> graph_builder::linear_bias(operand const& x, tensor const& bias) {
    if (!is_linear(x.from) || !x.read_once) return other("adds numbers to something else than a linear layer");
    if (auto const ok = check_vector(bias, x.from->channels); !ok) return ok.error();
    auto const to = made_.layers.back().bias.fill<float>();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += bias.values<float>()[i];
    return x.from;
}

graph_builder::activation graph_builder::alias(operand const& x) {
    // What is open cannot be changed behind the other name's back.
    if (!x.read_once) settle(x.from);
    return x.from;
}

bool graph_builder::is_open(operand const& x) {
    return !x.from->id && x.from->open.activation == activation_kind::none && x.read_once;
}

bool graph_builder::has_too_many_layers() const noexcept { return made_.layers.size() > layers_max; }

result<graph> graph_builder::finish(activation const& logits) {
    if (!is_linear(logits)) return other("it does not end in a linear layer");
    made_.classes = made_.layers.back().channels;
    made_.architecture = resnet_name(made_);
    if (made_.architecture.empty()) return other("it has no residual sums");
    return std::move(made_);
}

int graph_builder::settle(activation const& x) {
    if (!x->id) x->id = append(std::move(x->open));
    return *x->id;
}

bool graph_builder::is_pooled(activation const& x) const {
    return x->id && *x->id > 0 && made_.layers[static_cast<std::size_t>(*x->id) - 1].kind == layer_kind::average_pool;
}

/// Whether it is what the last layer writes, a linear one.
bool graph_builder::is_linear(activation const& x) const {
    return x->id && *x->id > 0 && *x->id == static_cast<int>(made_.layers.size()) &&
           made_.layers.back().kind == layer_kind::linear;
}

int graph_builder::append(layer l) {
    made_.layers.push_back(std::move(l));
    return static_cast<int>(made_.layers.size());
}

graph_builder::activation graph_builder::append_layer(layer l) {
    auto made = std::make_shared<value>();
    made->channels = l.channels;
    made->id = append(std::move(l));
    return made;
}

}  // namespace sma::model
