#include "batch_plan.hpp"

#include "memory_block.hpp"
#include "sma/engine/engine.hpp"
#include "sma/engine/memory_for_code.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sma::engine {
namespace {

using dnnl::memory;
using model::layer_kind;

struct chosen_primitive {
    dnnl::primitive_desc description;
    memory weights;
};

/// With the packed weights where oneDNN is as good with them as with those it would choose for this batch size; else,
/// which is rare and a matter of a layer or two, with a copy. (oneDNN 2.6 falls back to its reference loops, thousands
/// of times slower, for some layouts that it chose itself at another batch size.)
chosen_primitive choose(dnnl::engine const& engine, network const& n, packed_weights& weights, std::size_t layer,
                        int images) {
    auto const& packed = weights.weights(layer);
    auto const with = [&](memory::desc const& format) {
        return onednn::describe(engine, n.describe_layer(layer, images, format));
    };
    auto const free_choice = onednn::describe(engine, n.describe_layer(layer, images, std::nullopt));
    auto const preferred = free_choice.weights_desc();
    if (preferred == packed.get_desc()) return {free_choice, packed};
    auto const shared = with(packed.get_desc());
    if (std::string_view(shared.impl_info_str()) == free_choice.impl_info_str()) return {shared, packed};
    auto const copy = weights.copy(layer, preferred);
    return copy ? chosen_primitive{with(preferred), *copy} : chosen_primitive{shared, packed};
}

[[noreturn]] void throw_status(dnnl_status_t status) {
    if (status == dnnl_out_of_memory) throw out_of_memory("oneDNN ran out of memory");
    throw std::runtime_error("oneDNN failed to run a layer (status " + std::to_string(static_cast<int>(status)) + ")");
}

}  // namespace

batch_plan::batch_plan(dnnl::engine const& engine, network const& n, layer_kernels const& kernels,
                       packed_weights& weights, int images)
    : engine_(engine),
      images_(images),
      layout_(plan_arena(n.plan(), images)),
      image_bytes_(n.plan().values.front().bytes()),
      logits_offset_(offset_of(n.plan().values.back())) {
    for (std::size_t i = 0; i < n.graph().layers.size(); ++i) add_layer(n, kernels, weights, i);
}

void batch_plan::add_layer(network const& n, layer_kernels const& kernels, packed_weights& weights, std::size_t layer) {
    step s;
    if (auto const* const kernel = kernels[layer])
        add_own_layer(n, *kernel, layer, s);
    else if (n.has_weights(layer))
        add_layer_with_weights(n, weights, layer, s);
    else
        add_pool(n, layer, s);
    steps_.push_back(std::move(s));
}

void batch_plan::add_own_layer(network const& n, layer_kernel const& kernel, std::size_t layer, step& s) {
    s.own = own_layer{source_of(n.input_of(layer)), offset_of(n.output_of(layer)), &kernel, {}};
    scratchpad_bytes_ = std::max(scratchpad_bytes_, kernel.scratch_bytes(images_));
    copy_residual(n, layer, s);
}

void batch_plan::copy_residual(network const& n, std::size_t layer, step& s) {
    if (n.plan().residual[layer] != residual_sum::copied) return;
    auto const& residual = n.plan().values[static_cast<std::size_t>(*n.graph().layers[layer].residual)];
    s.copy = residual_copy{source_of(residual), offset_of(n.output_of(layer)),
                           residual.bytes() * static_cast<std::size_t>(images_)};
}

void batch_plan::add_layer_with_weights(network const& n, packed_weights& weights, std::size_t layer, step& s) {
    auto const chosen = choose(engine_, n, weights, layer, images_);
    auto const description = n.describe_layer(layer, images_, chosen.weights.get_desc());
    add_argument(s, DNNL_ARG_SRC, activation(description.input, n.input_of(layer)));
    add_argument(s, DNNL_ARG_WEIGHTS, chosen.weights);
    add_argument(s, DNNL_ARG_BIAS, weights.bias(layer));
    add_argument(s, DNNL_ARG_DST, activation(description.output, n.output_of(layer)));
    for (auto const& [argument, m] : onednn::scale_arguments(engine_, description)) add_argument(s, argument, m);
    finish(s, chosen.description);
    copy_residual(n, layer, s);
}

void batch_plan::add_pool(network const& n, std::size_t layer, step& s) {
    auto const& in = n.input_of(layer);
    auto const& out = n.output_of(layer);
    if (n.is_own_average_pool(layer)) {
        s.own =
            own_layer{source_of(in),
                      offset_of(out),
                      nullptr,
                      {images_, in.height * in.width, in.channels, in.scale / out.scale, in.type == value_type::s8}};
        return;
    }
    auto const description = n.describe_pool(layer, images_);
    add_argument(s, DNNL_ARG_SRC, activation(description.input, in));
    add_argument(s, DNNL_ARG_DST, activation(description.output, out));
    finish(s, onednn::describe(engine_, description));
}

void batch_plan::add_argument(step& s, int argument, memory const& m) {
    constants_.push_back(m);
    s.arguments.push_back({argument, m.get()});
}

memory batch_plan::activation(memory::desc const& d, value_plan const& value) {
    memory m(d, engine_, nullptr);
    activations_.push_back({m, offset_of(value)});
    if (value.buffer == 0) inputs_.push_back(m);
    return m;
}

void batch_plan::finish(step& s, dnnl::primitive_desc const& d) {
    auto const scratchpad = d.scratchpad_desc();
    scratchpad_bytes_ = std::max(scratchpad_bytes_, scratchpad.get_size());
    scratchpads_.emplace_back(scratchpad, engine_, nullptr);
    s.arguments.push_back({DNNL_ARG_SCRATCHPAD, scratchpads_.back().get()});
    require_memory_for_code();
    s.primitive = dnnl::primitive(d);
}

void batch_plan::bind(std::byte* arena, std::byte* scratchpad) {
    arena_ = arena;
    scratchpad_ = scratchpad;
    for (auto& a : activations_) a.memory.set_data_handle(arena + a.offset);
    for (auto& m : scratchpads_) m.set_data_handle(scratchpad);
}

// Value 0 has buffer 0 for itself alone. oneDNN takes no pointers to const; it only reads the source.
void batch_plan::gather(std::span<std::byte const* const> images) {
    if (images_ == 1) {
        input_ = images.front();
        for (auto& m : inputs_) m.set_data_handle(const_cast<std::byte*>(images.front()));
        return;
    }
    std::byte* const to = arena_ + layout_.offset.front();
    input_ = to;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < images_; ++i)
        std::memcpy(to + static_cast<std::size_t>(i) * image_bytes_, images[static_cast<std::size_t>(i)], image_bytes_);
}

void batch_plan::run_own(own_layer const& l) {
    if (l.kernel != nullptr)
        l.kernel->run(images_, data(l.from), arena_ + l.to, scratchpad_);
    else
        average_pool(l.pool, data(l.from), arena_ + l.to);
}

void batch_plan::run(dnnl::stream const& stream, std::span<std::byte const* const> images, std::span<float> logits) {
    gather(images);
    for (step const& s : steps_) {
        if (s.copy) std::memcpy(arena_ + s.copy->to, data(s.copy->from), s.copy->bytes);
        if (s.own) {
            run_own(*s.own);
            continue;
        }
        auto const status = dnnl_primitive_execute(s.primitive.get(), stream.get(),
                                                   static_cast<int>(s.arguments.size()), s.arguments.data());
        if (status != dnnl_success) throw_status(status);
    }
    auto const done = dnnl_stream_wait(stream.get());
    if (done != dnnl_success) throw_status(done);
    std::memcpy(logits.data(), arena_ + logits_offset_, logits.size_bytes());
}

}  // namespace sma::engine
