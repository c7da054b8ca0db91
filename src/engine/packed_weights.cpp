#include "packed_weights.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace sma::engine {
namespace {

using dnnl::memory;

std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// f32 or s8, contiguous, on the CPU.
at::Tensor plain_tensor(model::layer const& l, bool int8) {
    return int8 ? l.int8->weight.contiguous() : l.weight.to(at::kFloat).contiguous();
}

void pack(dnnl::engine const& engine, memory::desc const& plain, at::Tensor const& from, memory& to) {
    memory source(plain, engine, from.data_ptr());
    dnnl::stream stream(engine);
    dnnl::reorder(source, to).execute(stream, source, to);
    stream.wait();
}

void fill_bias(at::Tensor const& bias, std::optional<onednn::int8_scales> const& scales, float* to) {
    auto const plain = bias.to(at::kFloat).contiguous();
    auto const* first = plain.data_ptr<float>();
    auto const values = onednn::bias_in_library_units({first, first + plain.numel()}, scales);
    std::copy(values.begin(), values.end(), to);
}

}  // namespace

packed_weights::packed_weights(dnnl::engine const& engine, network const& n, model::graph const& source, int images) {
    auto const count = source.layers.size();
    std::vector<memory::desc> formats(count);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!n.has_weights(i)) continue;
        formats[i] = onednn::describe(engine, n.describe_layer(i, images, std::nullopt)).weights_desc();
        bytes += aligned(formats[i].get_size()) + aligned(n.bias_desc(i).get_size());
    }
    block_ = memory_block(bytes);
    layers_.resize(count);
    std::byte* next = block_.data();
    auto const take = [&](memory::desc const& d) {
        std::byte* const place = next;
        next += aligned(d.get_size());
        return memory(d, engine, place);
    };
    for (std::size_t i = 0; i < count; ++i) {
        if (!n.has_weights(i)) continue;
        layers_[i] = {take(formats[i]), take(n.bias_desc(i))};
        auto const scales = n.scales_of(i);
        pack(engine, n.plain_weights(i), plain_tensor(source.layers[i], scales.has_value()), layers_[i].weights);
        fill_bias(source.layers[i].bias, scales, static_cast<float*>(layers_[i].bias.get_data_handle()));
    }
}

}  // namespace sma::engine
