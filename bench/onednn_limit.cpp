#include "onednn_limit.hpp"

#include "onednn_compat.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace sma::bench {
namespace {

using dnnl::memory;
using data_type = memory::data_type;
using tag = memory::format_tag;
namespace onednn = engine::onednn;

data_type activation_type(limit_type t) {
    return t == limit_type::fp32 ? data_type::f32 : t == limit_type::bf16 ? data_type::bf16 : data_type::u8;
}

data_type weight_type(limit_type t) {
    return t == limit_type::fp32 ? data_type::f32 : t == limit_type::bf16 ? data_type::bf16 : data_type::s8;
}

}  // namespace

memory::desc onednn_limit::activation_desc(int channels, int side) const {
    return {{batch_, channels, side, side}, activation_type(type_), tag::nhwc};
}

memory onednn_limit::filled(memory::desc const& d, int byte) {
    memory m(d, engine_);
    std::memset(m.get_data_handle(), byte, d.get_size());
    return m;
}

void onednn_limit::add(dnnl::primitive_desc const& d, std::unordered_map<int, memory> arguments) {
    arguments[DNNL_ARG_SCRATCHPAD] = memory(d.scratchpad_desc(), engine_);
    steps_.push_back({dnnl::primitive(d), std::move(arguments)});
}

onednn_limit::activation onednn_limit::convolution(activation const& input, layer const& l,
                                                   activation const* residual) {
    int const padding = l.kernel / 2;
    int const side = (input.side + 2 * padding - l.kernel) / l.stride + 1;
    onednn::layer_description d;
    d.input = activation_desc(input.channels, input.side);
    d.weights = memory::desc({l.channels, input.channels, l.kernel, l.kernel}, weight_type(type_), tag::any);
    d.bias = memory::desc({l.channels}, data_type::f32, tag::a);
    d.output = activation_desc(l.channels, side);
    d.strides = {l.stride, l.stride};
    d.padding = {padding, padding};
    if (l.relu) d.activation = dnnl::algorithm::eltwise_relu;
    if (residual != nullptr) d.residual = onednn::residual_term{activation_type(type_), 1.0F};
    if (type_ == limit_type::int8)
        d.scales = onednn::int8_scales{0.1F, std::vector<float>(static_cast<std::size_t>(l.channels), 0.1F), 1.0F};
    auto const primitive = onednn::describe(engine_, d);
    activation const output{l.channels, side, residual != nullptr ? residual->memory : filled(d.output, 0)};
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, input.memory},
                                              {DNNL_ARG_WEIGHTS, filled(primitive.weights_desc(), 1)},
                                              {DNNL_ARG_BIAS, filled(d.bias, 0)},
                                              {DNNL_ARG_DST, output.memory}};
    for (auto const& [argument, m] : onednn::scale_arguments(engine_, d)) arguments[argument] = m;
    add(primitive, std::move(arguments));
    return output;
}

onednn_limit::activation onednn_limit::max_pool(activation const& input) {
    int const side = (input.side + 2 - 3) / 2 + 1;
    onednn::pool_description d;
    d.input = activation_desc(input.channels, input.side);
    d.output = activation_desc(input.channels, side);
    d.kernel = {3, 3};
    d.strides = {2, 2};
    d.padding = {1, 1};
    activation const output{input.channels, side, filled(d.output, 0)};
    add(onednn::describe(engine_, d), {{DNNL_ARG_SRC, input.memory}, {DNNL_ARG_DST, output.memory}});
    return output;
}

onednn_limit::onednn_limit(int batch, limit_type type) : batch_(batch), type_(type) {
    constexpr int image_side = 224;
    constexpr std::array widths{64, 128, 256, 512};
    constexpr std::array depths{3, 4, 6, 3};
    activation x{3, image_side, filled(activation_desc(3, image_side), 0)};
    x = max_pool(convolution(x, {64, 7, 2, true}, nullptr));
    for (std::size_t stage = 0; stage < widths.size(); ++stage)
        for (int block = 0; block < depths[stage]; ++block) {
            int const width = widths[stage];
            int const stride = block == 0 && stage > 0 ? 2 : 1;
            activation const shortcut = block == 0 ? convolution(x, {width * 4, 1, stride, false}, nullptr) : x;
            activation t = convolution(x, {width, 1, 1, true}, nullptr);
            t = convolution(t, {width, 3, stride, true}, nullptr);
            x = convolution(t, {width * 4, 1, 1, true}, &shortcut);
        }
}

void onednn_limit::run() {
    for (auto const& s : steps_) s.primitive.execute(stream_, s.arguments);
    stream_.wait();
}

}  // namespace sma::bench
