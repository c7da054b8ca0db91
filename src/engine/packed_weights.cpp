#include "packed_weights.hpp"

#include "alignment.hpp"
#include "sma/engine/memory_for_code.hpp"

#include <algorithm>
#include <utility>

namespace sma::engine {
namespace {

using dnnl::memory;

void convert(dnnl::engine const& engine, memory from, memory to) {
    dnnl::stream stream(engine);
    require_memory_for_code();
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
}

void fill_bias(model::tensor const& bias, std::optional<onednn::int8_scales> const& scales, float* to) {
    auto const plain = bias.values<float>();
    auto const values = onednn::bias_in_library_units({plain.begin(), plain.end()}, scales);
    std::copy(values.begin(), values.end(), to);
}

}  // namespace

packed_weights::packed_weights(dnnl::engine const& engine, network const& n, layer_kernels const& kernels,
                               model::graph const& source, int images)
    : engine_(engine) {
    auto const count = source.layers.size();
    auto const is_packed = [&](std::size_t i) { return n.has_weights(i) && kernels[i] == nullptr; };
    std::vector<memory::desc> formats(count);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_packed(i)) continue;
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
        if (!is_packed(i)) continue;
        layers_[i] = {take(formats[i]), take(n.bias_desc(i))};
        auto const scales = n.scales_of(i);
        auto const& l = source.layers[i];
        // oneDNN takes no pointers to const; it only reads the source.
        auto* const plain = const_cast<std::byte*>((scales ? l.int8->weight : l.weight).bytes());
        convert(engine, memory(n.plain_weights(i), engine, plain), layers_[i].weights);
        fill_bias(l.bias, scales, static_cast<float*>(layers_[i].bias.get_data_handle()));
    }
}

std::optional<memory> packed_weights::copy(std::size_t layer, memory::desc const& format) {
    mutex_lock const lock(copying_);
    for (auto const& c : copies_)
        if (c.layer == layer && c.weights.get_desc() == format) return c.weights;
    memory_block block(format.get_size());
    memory const made(format, engine_, block.data());
    try {
        convert(engine_, layers_[layer].weights, made);
    } catch (dnnl::error const& e) {
        if (e.status == dnnl_unimplemented) return std::nullopt;
        throw;
    }
    copies_.push_back({layer, std::move(block), made});
    return made;
}

memory_block packed_weights::plain(network const& n, std::size_t layer) const {
    auto const format = n.plain_weights(layer);
    memory_block block(format.get_size());
    convert(engine_, layers_[layer].weights, memory(format, engine_, block.data()));
    return block;
}

void packed_weights::drop_copies() noexcept {
    mutex_lock const lock(copying_);
    copies_.clear();
}

std::size_t packed_weights::bytes() const noexcept {
    mutex_lock const lock(copying_);
    std::size_t all = block_.size();
    for (auto const& c : copies_) all += c.block.size();
    return all;
}

}  // namespace sma::engine
