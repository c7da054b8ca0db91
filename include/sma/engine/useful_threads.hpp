// Number of threads over which a forward pass is worth spreading.
#pragma once

#include "sma/engine/cpu_capability.hpp"
#include "sma/engine/precision.hpp"

namespace sma::engine {

/// 1 to `cpus`. With more threads a batch of 8 would hardly end sooner, because threads meet after each layer: doubling
/// them must save at least a fifth of the time. The calculation is in docs/performance.md, "Many cores".
int useful_threads(precision p, cpu_capability const& cpu, int cpus) noexcept;

}  // namespace sma::engine
