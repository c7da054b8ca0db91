// Compatibility layer over oneDNN 2.x (2.6: Debian 12) and 3.x: how primitives are described, and how int8 is scaled.
// Everything here is a value or a function without state; any thread.
//
// int8: with q the stored integers, a layer computes real = sum(q_in * q_w) * input * weight[c] + bias + residual, and
// stores real / output. 2.x scales the sum of products once, with the bias in its units and the residual in the
// output's; 3.x knows the scales apart, with bias and residual in real units.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace sma::engine::onednn {

struct int8_scales {
    float input = 1.0F;
    std::vector<float> weight;  ///< one an output channel
    float output = 1.0F;        ///< 1 for an output in f32
};

struct residual_term {
    dnnl::memory::data_type type;  ///< of the residual, which lies where the output will
    float scale = 1.0F;            ///< real = stored * scale
};

/// A convolution or linear layer with all that is fused into it.
struct layer_description {
    dnnl::memory::desc input, weights, bias, output;
    dnnl::memory::dims strides, padding;        ///< empty for a linear layer
    std::optional<dnnl::algorithm> activation;  ///< elementwise, without parameters
    std::optional<residual_term> residual;
    std::optional<int8_scales> scales;
};

struct pool_description {
    dnnl::memory::desc input, output;
    dnnl::memory::dims kernel, strides, padding;
    dnnl::algorithm algorithm = dnnl::algorithm::pooling_max;
};

/// Further arguments of a primitive, by their DNNL_ARG number.
using constants = std::vector<std::pair<int, dnnl::memory>>;

#if DNNL_VERSION_MAJOR >= 3

inline dnnl::primitive_attr attributes_of(layer_description const& l) {
    dnnl::post_ops post;
    if (l.residual) post.append_sum(l.residual->scale, 0, l.residual->type);
    if (l.activation) post.append_eltwise(*l.activation, 0.0F, 0.0F);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(post);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (l.scales) {
        bool const grouped = l.weights.get_ndims() == 5;
        attributes.set_scales_mask(DNNL_ARG_SRC, 0);
        attributes.set_scales_mask(DNNL_ARG_WEIGHTS, grouped ? 3 : 1);
        attributes.set_scales_mask(DNNL_ARG_DST, 0);
    }
    return attributes;
}

inline dnnl::primitive_desc describe(dnnl::engine const& engine, layer_description const& l) {
    auto const attributes = attributes_of(l);
    if (l.strides.empty())
        return dnnl::inner_product_forward::primitive_desc(engine, dnnl::prop_kind::forward_inference, l.input,
                                                           l.weights, l.bias, l.output, attributes);
    return dnnl::convolution_forward::primitive_desc(engine, dnnl::prop_kind::forward_inference,
                                                     dnnl::algorithm::convolution_direct, l.input, l.weights, l.bias,
                                                     l.output, l.strides, l.padding, l.padding, attributes);
}

inline dnnl::primitive_desc describe(dnnl::engine const& engine, pool_description const& p) {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    dnnl::memory::dims const no_dilation(p.kernel.size(), 0);
    return dnnl::pooling_forward::primitive_desc(engine, dnnl::prop_kind::forward_inference, p.algorithm, p.input,
                                                 p.output, p.strides, p.kernel, no_dilation, p.padding, p.padding,
                                                 attributes);
}

inline std::vector<float> bias_in_library_units(std::vector<float> bias, std::optional<int8_scales> const&) {
    return bias;
}

inline constants scale_arguments(dnnl::engine const& engine, layer_description const& l) {
    constants all;
    if (!l.scales) return all;
    auto const add = [&](int argument, std::vector<float> const& values) {
        dnnl::memory m({{static_cast<dnnl::memory::dim>(values.size())},
                        dnnl::memory::data_type::f32,
                        dnnl::memory::format_tag::a},
                       engine);
        std::copy(values.begin(), values.end(), static_cast<float*>(m.get_data_handle()));
        all.emplace_back(DNNL_ARG_ATTR_SCALES | argument, m);
    };
    add(DNNL_ARG_SRC, {l.scales->input});
    add(DNNL_ARG_WEIGHTS, l.scales->weight);
    add(DNNL_ARG_DST, {l.scales->output});
    return all;
}

#else

inline dnnl::primitive_attr attributes_of(layer_description const& l) {
    dnnl::post_ops post;
    dnnl::primitive_attr attributes;
    float const output = l.scales ? l.scales->output : 1.0F;
    if (l.residual) post.append_sum(l.residual->scale / output, 0, l.residual->type);
    if (l.activation) post.append_eltwise(1.0F, *l.activation, 0.0F, 0.0F);
    attributes.set_post_ops(post);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (l.scales) {
        std::vector<float> all = l.scales->weight;
        for (float& scale : all) scale *= l.scales->input / output;
        constexpr int by_output_channel = 1 << 1;
        attributes.set_output_scales(by_output_channel, all);
    }
    return attributes;
}

inline dnnl::primitive_desc describe(dnnl::engine const& engine, layer_description const& l) {
    auto const attributes = attributes_of(l);
    if (l.strides.empty()) {
        dnnl::inner_product_forward::desc const d(dnnl::prop_kind::forward_inference, l.input, l.weights, l.bias,
                                                  l.output);
        return dnnl::inner_product_forward::primitive_desc(d, attributes, engine);
    }
    dnnl::convolution_forward::desc const d(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                                            l.input, l.weights, l.bias, l.output, l.strides, l.padding, l.padding);
    return dnnl::convolution_forward::primitive_desc(d, attributes, engine);
}

inline dnnl::primitive_desc describe(dnnl::engine const& engine, pool_description const& p) {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    dnnl::pooling_forward::desc const d(dnnl::prop_kind::forward_inference, p.algorithm, p.input, p.output, p.strides,
                                        p.kernel, p.padding, p.padding);
    return dnnl::pooling_forward::primitive_desc(d, attributes, engine);
}

inline std::vector<float> bias_in_library_units(std::vector<float> bias, std::optional<int8_scales> const& scales) {
    for (std::size_t c = 0; scales && c < bias.size(); ++c) bias[c] /= scales->input * scales->weight[c];
    return bias;
}

inline constants scale_arguments(dnnl::engine const&, layer_description const&) { return {}; }

#endif

}  // namespace sma::engine::onednn
