#include "hand_made_graphs.hpp"

#include "torch_tensors.hpp"

#include <functional>

namespace sma::test {
namespace {

using model::activation_kind;
using model::layer;
using model::layer_kind;

at::Tensor run_layer(layer const& l, at::Tensor const& weight, at::Tensor const& x, at::Tensor const& residual) {
    if (l.kind == layer_kind::max_pool) return at::max_pool2d(x, l.kernel, l.stride, l.padding);
    if (l.kind == layer_kind::average_pool) return x.mean(at::IntArrayRef{2, 3}, true);
    auto const bias = to_torch(l.bias).to(at::kDouble);
    if (l.kind == layer_kind::linear) return at::linear(x.flatten(1), weight, bias);
    auto y = at::conv2d(x, weight, bias, l.stride, l.padding, 1, l.groups);
    if (residual.defined()) y = y + residual;
    return l.activation == activation_kind::relu ? y.relu() : y;
}

at::Tensor run(model::graph const& g, at::Tensor const& images,
               std::function<at::Tensor(layer const&)> const& weight_of,
               std::function<at::Tensor(std::size_t, at::Tensor const&)> const& store) {
    std::vector<at::Tensor> values{store(0, images.to(at::kDouble).permute({0, 3, 1, 2}))};
    for (layer const& l : g.layers) {
        auto const residual = l.residual ? values[static_cast<std::size_t>(*l.residual)] : at::Tensor();
        auto const weight = l.bias.is_defined() ? weight_of(l) : at::Tensor();
        values.push_back(
            store(values.size(), run_layer(l, weight, values[static_cast<std::size_t>(l.input)], residual)));
    }
    return values.back();
}

}  // namespace

graph_maker::graph_maker(std::uint64_t seed) { at::manual_seed(seed); }

int graph_maker::append(layer l) {
    l.name = "layer" + std::to_string(graph_.layers.size());
    graph_.layers.push_back(std::move(l));
    return static_cast<int>(graph_.layers.size());
}

int graph_maker::channels_of(int value) const {
    return value == 0 ? 3 : graph_.layers[static_cast<std::size_t>(value) - 1].channels;
}

int graph_maker::add(int input, convolution const& c) {
    int const inputs = channels_of(input) / c.groups;
    layer l;
    l.input = input;
    l.residual = c.residual;
    if (c.relu) l.activation = activation_kind::relu;
    l.weight =
        from_torch(at::randn({c.channels, inputs, c.kernel, c.kernel}) / std::sqrt(inputs * c.kernel * c.kernel));
    l.bias = from_torch(at::randn({c.channels}) * 0.3);
    l.kernel = c.kernel;
    l.stride = c.stride;
    l.padding = c.kernel / 2;
    l.groups = c.groups;
    l.channels = c.channels;
    return append(std::move(l));
}

int graph_maker::add_max_pool(int input, int kernel, int stride, int padding) {
    layer l;
    l.kind = layer_kind::max_pool;
    l.input = input;
    l.kernel = kernel;
    l.stride = stride;
    l.padding = padding;
    l.channels = channels_of(input);
    return append(std::move(l));
}

model::graph graph_maker::finish(int input, int classes) {
    layer pool;
    pool.kind = layer_kind::average_pool;
    pool.input = input;
    pool.channels = channels_of(input);
    layer linear;
    linear.kind = layer_kind::linear;
    linear.input = append(std::move(pool));
    linear.weight = from_torch(at::randn({classes, channels_of(linear.input)}));
    linear.bias = from_torch(at::randn({classes}));
    linear.channels = classes;
    append(std::move(linear));
    graph_.classes = classes;
    graph_.architecture = "hand-made";
    return graph_;
}

at::Tensor evaluate(model::graph const& g, at::Tensor const& images) {
    return run(
        g, images, [](layer const& l) { return to_torch(l.weight).to(at::kDouble); },
        [](std::size_t, at::Tensor const& x) { return x; });
}

namespace {

struct numbers {
    std::function<at::Tensor(at::IntArrayRef)> weights;
    float weight_scale;        ///< of channels with an even number; the others have twice as much
    float first_weight_scale;  ///< the same of the layer that reads the images
};

model::graph quantized_by_hand(model::graph g, numbers const& n) {
    constexpr float pool_scale = 0.25F;
    std::vector<float> scales{1.0F};
    for (layer& l : g.layers) {
        float const input_scale = scales[static_cast<std::size_t>(l.input)];
        if (l.kind == layer_kind::max_pool) scales.push_back(input_scale);
        if (l.kind == layer_kind::average_pool) scales.push_back(pool_scale);
        if (!l.weight.is_defined()) continue;
        bool const linear = l.kind == layer_kind::linear;
        float const weight_scale = l.input == 0 ? n.first_weight_scale : n.weight_scale;
        model::quantization q;
        q.weight = from_torch(n.weights(l.weight.shape()).to(at::kChar));
        for (int c = 0; c < l.channels; ++c) q.weight_scale.push_back(c % 2 == 0 ? weight_scale : 2 * weight_scale);
        q.input_scale = input_scale;
        q.output_scale = linear ? 0.0F : l.activation == activation_kind::relu ? 0.5F : 2.0F;
        l.bias = from_torch(at::randint(-4, 5, {l.channels}).to(at::kFloat));
        l.weight = {};
        scales.push_back(q.output_scale);
        l.int8 = std::move(q);
    }
    g.quantized = true;
    return g;
}

}  // namespace

model::graph with_whole_numbers(model::graph g) {
    return quantized_by_hand(std::move(g),
                             {[](at::IntArrayRef shape) { return at::randint(-1, 2, shape) * 2; }, 0.5F, 0.5F});
}

model::graph with_extreme_numbers(model::graph g) {
    auto const weights = [](at::IntArrayRef shape) {
        auto const end = at::randint(0, 2, shape) * 254 - 127;
        return at::where(at::rand(shape) < 0.7, end, at::randint(-127, 128, shape));
    };
    return quantized_by_hand(std::move(g), {weights, 1.0F / 256, 1.0F / 16});
}

at::Tensor make_whole_images(int n, int height, int width, std::uint64_t seed, int most) {
    at::manual_seed(seed);
    return at::randint(-most, most + 1, {n, height, width, 3}).to(at::kFloat);
}

at::Tensor evaluate_int8(model::graph const& g, at::Tensor const& images) {
    std::vector<double> scale{1.0};
    std::vector<bool> is_unsigned{false};
    for (layer const& l : g.layers) {
        auto const input = static_cast<std::size_t>(l.input);
        bool const pool = l.kind == layer_kind::max_pool || l.kind == layer_kind::average_pool;
        is_unsigned.push_back(pool ? is_unsigned[input] : l.activation == activation_kind::relu);
        scale.push_back(l.kind == layer_kind::max_pool       ? scale[input]
                        : l.kind == layer_kind::average_pool ? g.layers.back().int8->input_scale
                                                             : l.int8->output_scale);
    }
    auto const weight_of = [](layer const& l) {
        std::vector<std::int64_t> shape(l.int8->weight.dimensions(), 1);
        shape.front() = l.channels;
        return to_torch(l.int8->weight).to(at::kDouble) * at::tensor(l.int8->weight_scale).to(at::kDouble).view(shape);
    };
    return run(g, images, weight_of, [&](std::size_t v, at::Tensor const& x) {
        if (scale[v] == 0) return x;
        return (x / scale[v]).round().clamp(is_unsigned[v] ? 0 : -128, is_unsigned[v] ? 255 : 127) * scale[v];
    });
}

}  // namespace sma::test
