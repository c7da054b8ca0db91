// Kernels of the layers that we compute ourselves, chosen for a network and this CPU: where oneDNN is slower or, in
// int8 without VNNI, not exact.
#pragma once

#include "kernels/bump_memory.hpp"
#include "kernels/layer_kernel.hpp"
#include "network.hpp"

#include "sma/engine/cpu_capability.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace sma::engine {

/// Owned by an engine, outlives its batch plans. Immutable once built.
class layer_kernels {
public:
    /// Whether there are any in this precision.
    static bool are_used(precision p, cpu_capability const& cpu) noexcept;

    /// `source` is the graph that `n` was made of, with its weights. Throws out_of_memory.
    layer_kernels(network const& n, model::graph const& source, cpu_capability const& cpu);

    /// Null for a layer that oneDNN computes.
    layer_kernel const* operator[](std::size_t layer) const { return kernels_[layer].get(); }
    bool empty() const noexcept { return memory_.bytes() == 0; }
    std::size_t bytes() const noexcept { return memory_.bytes(); }

private:
    bump_memory memory_;
    std::vector<std::unique_ptr<layer_kernel>> kernels_;
};

}  // namespace sma::engine
