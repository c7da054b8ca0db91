// Weights of the classifier, one row a class, for activation maps.
#pragma once

#include "layer_kernels.hpp"
#include "memory_block.hpp"
#include "network.hpp"
#include "packed_weights.hpp"

#include <cstdint>
#include <vector>

namespace sma::engine {

/// Owned by an engine, used on its thread. Weights that oneDNN has packed are unpacked when the first row is asked for;
/// those that a kernel of ours has packed are copied at once, which takes a byte for each.
class classifier_rows {
public:
    /// `source` is the graph that `n` was made of, with its weights.
    classifier_rows(network const& n, layer_kernels const& kernels, model::graph const& source);

    /// The real weights of a class, one for each channel. Throws dnnl::error, out_of_memory.
    std::vector<float> row(network const& n, packed_weights const& packed, int class_index);
    /// Drops what can be unpacked again.
    void release() noexcept { unpacked_ = {}; }

private:
    std::vector<std::int8_t> copied_;
    memory_block unpacked_;
};

}  // namespace sma::engine
