#include "network.hpp"

#include <utility>

namespace sma::engine {
namespace {

using dnnl::memory;
using model::activation_kind;
using model::layer;
using model::layer_kind;
using tag = memory::format_tag;

std::optional<dnnl::algorithm> library_activation(activation_kind a) {
    switch (a) {
        case activation_kind::none:
            return std::nullopt;
        case activation_kind::relu:
            return dnnl::algorithm::eltwise_relu;
    }
    return std::nullopt;
}

memory::data_type library_type(value_type t) {
    switch (t) {
        case value_type::f32:
            return memory::data_type::f32;
        case value_type::bf16:
            return memory::data_type::bf16;
        case value_type::s8:
            return memory::data_type::s8;
        default:
            return memory::data_type::u8;
    }
}

memory::dims pair_of(int n) { return {n, n}; }

}  // namespace

network::network(model::graph graph, network_plan plan, precision p)
    : graph_(std::move(graph)), plan_(std::move(plan)), precision_(p) {
    for (layer& l : graph_.layers) {
        l.weight = {};
        l.bias = {};
        if (l.int8) l.int8->weight = {};
    }
}

value_plan const& network::input_of(std::size_t l) const {
    return plan_.values[static_cast<std::size_t>(graph_.layers[l].input)];
}

bool network::has_weights(std::size_t l) const {
    auto const kind = graph_.layers[l].kind;
    return kind == layer_kind::convolution || kind == layer_kind::linear;
}

bool network::is_own_average_pool(std::size_t l) const {
    return precision_ == precision::int8 && graph_.layers[l].kind == layer_kind::average_pool;
}

memory::desc network::value_desc(value_plan const& v, int images, bool flat) const {
    if (flat) return {{images, v.channels}, library_type(v.type), tag::nc};
    return {{images, v.channels, v.height, v.width}, library_type(v.type), tag::nhwc};
}

memory::data_type network::weight_type() const {
    return precision_ == precision::int8   ? memory::data_type::s8
           : precision_ == precision::bf16 ? memory::data_type::bf16
                                           : memory::data_type::f32;
}

memory::dims network::weight_dims(std::size_t i) const {
    auto const& l = graph_.layers[i];
    memory::dim const inputs = input_of(i).channels;
    if (l.kind == layer_kind::linear) return {l.channels, inputs};
    if (l.groups == 1) return {l.channels, inputs, l.kernel, l.kernel};
    return {l.groups, l.channels / l.groups, inputs / l.groups, l.kernel, l.kernel};
}

memory::desc network::plain_weights(std::size_t i) const {
    auto const dims = weight_dims(i);
    auto const format = dims.size() == 2 ? tag::ab : dims.size() == 4 ? tag::abcd : tag::abcde;
    return {dims, precision_ == precision::int8 ? memory::data_type::s8 : memory::data_type::f32, format};
}

memory::desc network::bias_desc(std::size_t i) const {
    return {{graph_.layers[i].channels}, memory::data_type::f32, tag::a};
}

std::optional<onednn::int8_scales> network::scales_of(std::size_t i) const {
    if (precision_ != precision::int8) return std::nullopt;
    return onednn::int8_scales{input_of(i).scale, graph_.layers[i].int8->weight_scale, output_of(i).scale};
}

onednn::layer_description network::describe_layer(std::size_t i, int images,
                                                  std::optional<memory::desc> const& weights) const {
    auto const& l = graph_.layers[i];
    bool const linear = l.kind == layer_kind::linear;
    onednn::layer_description d;
    d.input = value_desc(input_of(i), images, linear);
    d.weights = weights ? *weights : memory::desc(weight_dims(i), weight_type(), tag::any);
    d.bias = bias_desc(i);
    d.output = value_desc(output_of(i), images, linear);
    d.activation = library_activation(l.activation);
    d.scales = scales_of(i);
    if (!linear) {
        d.strides = pair_of(l.stride);
        d.padding = pair_of(l.padding);
    }
    if (l.residual) {
        auto const& r = plan_.values[static_cast<std::size_t>(*l.residual)];
        d.residual = onednn::residual_term{library_type(r.type), r.scale};
    }
    return d;
}

onednn::pool_description network::describe_pool(std::size_t i, int images) const {
    auto const& l = graph_.layers[i];
    bool const average = l.kind == layer_kind::average_pool;
    auto const& in = input_of(i);
    onednn::pool_description d;
    d.input = value_desc(in, images);
    d.output = value_desc(output_of(i), images);
    d.kernel = average ? memory::dims{in.height, in.width} : pair_of(l.kernel);
    d.strides = average ? pair_of(1) : pair_of(l.stride);
    d.padding = average ? pair_of(0) : pair_of(l.padding);
    d.algorithm = average ? dnnl::algorithm::pooling_avg_exclude_padding : dnnl::algorithm::pooling_max;
    return d;
}

}  // namespace sma::engine
