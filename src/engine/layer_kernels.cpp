#include "layer_kernels.hpp"

#include "kernels/f32_convolution.hpp"
#include "kernels/input_layout.hpp"
#include "kernels/int8_convolution.hpp"
#include "kernels/winograd_convolution.hpp"

namespace sma::engine {
namespace {

using model::activation_kind;
using model::layer_kind;

convolution_shape shape_of(network const& n, std::size_t i) {
    auto const& l = n.graph().layers[i];
    auto const& in = n.input_of(i);
    auto const& out = n.output_of(i);
    if (l.kind == layer_kind::linear) return {in.channels, 1, 1, out.channels, 1, 1, 1, 1, 0, 1};
    return {in.channels, in.height, in.width, out.channels, out.height,
            out.width,   l.kernel,  l.stride, l.padding,    l.groups};
}

std::unique_ptr<layer_kernel> make_f32(network const& n, model::graph const& source, std::size_t i,
                                       cpu_capability const&, bump_memory& memory) {
    auto const& l = source.layers[i];
    auto const shape = shape_of(n, i);
    // A linear layer only reads its weights, and oneDNN does that as fast as the memory.
    if (l.kind == layer_kind::linear || !input_layout::fits(shape)) return nullptr;
    auto const make = winograd_fits(shape) ? make_winograd_convolution : make_f32_convolution;
    return make(shape, l.weight.values<float>().data(), l.bias.values<float>().data(), l.residual.has_value(),
                l.activation == activation_kind::relu, memory);
}

std::unique_ptr<layer_kernel> make_int8(network const& n, model::graph const& source, std::size_t i,
                                        cpu_capability const& cpu, bump_memory& memory) {
    auto const& l = source.layers[i];
    auto const shape = shape_of(n, i);
    if (!input_layout::fits(shape)) return nullptr;
    auto const& in = n.input_of(i);
    auto const& out = n.output_of(i);
    int8_scaling scaling{in.type, in.scale, l.int8->weight_scale, out.type, out.scale, std::nullopt};
    if (l.residual) {
        auto const& r = n.plan().values[static_cast<std::size_t>(*l.residual)];
        scaling.residual = {r.type, r.scale};
    }
    return make_int8_convolution(shape, l.int8->weight.values<std::int8_t>().data(), l.bias.values<float>().data(),
                                 scaling, cpu, memory);
}

}  // namespace

bool layer_kernels::are_used(precision p, cpu_capability const& cpu) noexcept {
    if (p == precision::fp32) return (cpu.has_avx2 && !cpu.has_avx512) || cpu.has_asimd;
    return p == precision::int8 && !cpu.has_native_int8;
}

layer_kernels::layer_kernels(network const& n, model::graph const& source, cpu_capability const& cpu)
    : kernels_(source.layers.size()) {
    if (!are_used(n.runs_in(), cpu)) return;
    auto const make = n.runs_in() == precision::int8 ? make_int8 : make_f32;
    for (std::size_t i = 0; i < kernels_.size(); ++i)
        if (n.has_weights(i)) kernels_[i] = make(n, source, i, cpu, memory_);
}

}  // namespace sma::engine
