// Batch plan: one forward pass at one batch size, as primitives in order with their arguments.
#pragma once

#include "average_pool.hpp"
#include "layer_kernels.hpp"
#include "network.hpp"
#include "packed_weights.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sma::engine {

/// Owned by an engine, used on its thread. Refers to the engine's network, kernels and packed weights. Running it
/// allocates nothing of ours.
class batch_plan {
public:
    /// May add copies to `weights`. Throws dnnl::error, out_of_memory.
    batch_plan(dnnl::engine const& engine, network const& n, layer_kernels const& kernels, packed_weights& weights,
               int images);

    std::size_t scratchpad_bytes() const noexcept { return scratchpad_bytes_; }

    /// Both at least as large as asked for. Cheap; to be called again whenever the memory was replaced.
    void bind(std::byte* arena, std::byte* scratchpad);
    std::byte const* arena() const noexcept { return arena_; }
    std::byte const* scratchpad() const noexcept { return scratchpad_; }

    /// Gathers the images into the arena (a single one is read where it lies) and runs;
    /// `logits` gets the result. Throws out_of_memory, std::runtime_error.
    void run(dnnl::stream const& stream, std::span<std::byte const* const> images, std::span<float> logits);

    /// An activation of the last run, image after image. It must be one that the plan keeps to the end.
    std::byte const* value(value_plan const& v) const { return data(source_of(v)); }

private:
    struct bound_memory {
        dnnl::memory memory;
        std::size_t offset = 0;
    };
    /// An activation that we read ourselves.
    struct source {
        std::size_t offset = 0;  ///< in the arena
        bool is_input = false;   ///< value 0, which may lie outside the arena
    };
    struct residual_copy {
        source from;
        std::size_t to = 0;  ///< offset in the arena
        std::size_t bytes = 0;
    };
    /// A layer that we compute ourselves: with a kernel, or else the average pool.
    struct own_layer {
        source from;
        std::size_t to = 0;  ///< offset in the arena
        layer_kernel const* kernel = nullptr;
        average_pool_job pool;
    };
    struct step {
        std::optional<residual_copy> copy;  ///< done first
        std::optional<own_layer> own;       ///< instead of the primitive
        dnnl::primitive primitive;
        std::vector<dnnl_exec_arg_t> arguments;
    };

    void add_layer(network const& n, layer_kernels const& kernels, packed_weights& weights, std::size_t layer);
    void add_own_layer(network const& n, layer_kernel const& kernel, std::size_t layer, step& s);
    void copy_residual(network const& n, std::size_t layer, step& s);
    void add_layer_with_weights(network const& n, packed_weights& weights, std::size_t layer, step& s);
    void add_pool(network const& n, std::size_t layer, step& s);
    void add_argument(step& s, int argument, dnnl::memory const& m);
    dnnl::memory activation(dnnl::memory::desc const& d, value_plan const& value);
    void finish(step& s, dnnl::primitive_desc const& d);
    std::size_t offset_of(value_plan const& v) const { return layout_.offset[static_cast<std::size_t>(v.buffer)]; }
    void gather(std::span<std::byte const* const> images);
    void run_own(own_layer const& l);
    source source_of(value_plan const& v) const { return {offset_of(v), v.buffer == 0}; }
    std::byte const* data(source s) const { return s.is_input ? input_ : arena_ + s.offset; }

    dnnl::engine engine_;
    int images_;
    arena_layout layout_;
    std::size_t image_bytes_;
    std::size_t logits_offset_;
    std::size_t scratchpad_bytes_ = 0;
    std::byte* arena_ = nullptr;
    std::byte* scratchpad_ = nullptr;
    std::byte const* input_ = nullptr;  ///< of the run that is under way
    std::vector<step> steps_;
    std::vector<bound_memory> activations_;
    std::vector<dnnl::memory> scratchpads_;
    std::vector<dnnl::memory> inputs_;     ///< memories of value 0, which may lie outside the arena
    std::vector<dnnl::memory> constants_;  ///< kept alive for the arguments
};

}  // namespace sma::engine
