// Weights and biases in the layouts that oneDNN's primitives want, packed once and shared by all batch sizes.
#pragma once

#include "layer_kernels.hpp"
#include "memory_block.hpp"
#include "network.hpp"
#include "sma/core/thread_annotations.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace sma::engine {

/// Owned by an engine, outlives its batch plans. Thread-safe; copies are dropped while no plan runs.
class packed_weights {
public:
    /// The layouts are those that oneDNN chooses for `images`. Layers that have a kernel of ours are left out. `source`
    /// is the graph that `n` was made of, with its weights. Throws dnnl::error, out_of_memory.
    packed_weights(dnnl::engine const& engine, network const& n, layer_kernels const& kernels,
                   model::graph const& source, int images);

    dnnl::memory const& weights(std::size_t layer) const { return layers_[layer].weights; }
    dnnl::memory const& bias(std::size_t layer) const { return layers_[layer].bias; }

    /// The layer's weights in another layout, for a batch size at which oneDNN has no fast implementation for the first
    /// one. Kept until drop_copies(). Nothing if oneDNN cannot convert between the two. Throws out_of_memory.
    std::optional<dnnl::memory> copy(std::size_t layer, dnnl::memory::desc const& format);
    /// The layer's weights as the graph has them: rows of bf16 are exact in f32. Throws dnnl::error, out_of_memory.
    memory_block plain(network const& n, std::size_t layer) const;
    /// To be called only when nothing uses the copies any more.
    void drop_copies() noexcept;

    std::size_t bytes() const noexcept;

private:
    struct entry {
        dnnl::memory weights, bias;
    };
    struct layer_copy {
        std::size_t layer;
        memory_block block;
        dnnl::memory weights;
    };

    dnnl::engine engine_;
    memory_block block_;
    std::vector<entry> layers_;  ///< empty entries for the others
    mutable mutex copying_;
    std::deque<layer_copy> copies_ SMA_GUARDED_BY(copying_);
};

}  // namespace sma::engine
