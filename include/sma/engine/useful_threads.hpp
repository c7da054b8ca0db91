// Number of threads over which a forward pass is worth spreading.
#pragma once

#include <algorithm>

namespace sma::engine {

/// 1 to `cpus`, 32 at most. Threads meet after each layer, and beyond that twice as many would save less than a fifth
/// of a batch's time. The calculation is in docs/performance.md, "Many cores".
inline int useful_threads(int cpus) noexcept {
    constexpr int most = 32;
    return std::clamp(cpus, 1, most);
}

}  // namespace sma::engine
