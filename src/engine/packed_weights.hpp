// Weights and biases in the layouts that oneDNN's primitives want, packed once and shared by all batch sizes.
#pragma once

#include "memory_block.hpp"
#include "network.hpp"

#include <vector>

namespace sma::engine {

/// Immutable once built. Owned by an engine, outlives its batch plans.
class packed_weights {
public:
    /// The layouts are those that oneDNN chooses for `images`. `source` is the graph that `n` was made of, with its
    /// weights. Throws dnnl::error, out_of_memory.
    packed_weights(dnnl::engine const& engine, network const& n, model::graph const& source, int images);

    dnnl::memory const& weights(std::size_t layer) const { return layers_[layer].weights; }
    dnnl::memory const& bias(std::size_t layer) const { return layers_[layer].bias; }
    std::size_t bytes() const noexcept { return block_.size(); }

private:
    struct entry {
        dnnl::memory weights, bias;
    };

    memory_block block_;
    std::vector<entry> layers_;  ///< empty entries for pools
};

}  // namespace sma::engine
