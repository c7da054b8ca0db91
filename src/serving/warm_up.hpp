// The first forward passes of a new model, before anyone waits for one.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/engine.hpp"

#include <functional>

namespace sma::serving {

/// Which batch sizes to run: engines prepare each when they first see it, which costs that batch tens of milliseconds.
enum class warmth {
    quick,    ///< the smallest and the largest: soon ready
    thorough  ///< every size there can be, if there are at most 16: no latency spike after a reload
};

/// Makes the sizes ready that a quick warm-up left out, while others serve: on any thread. What fails is left to the
/// first pass of that size. Stops early when `wanted` is no longer true.
void prepare_other_sizes(engine::engine& e, int batch_size, std::function<bool()> const& wanted) noexcept;

/// Forward passes of zeros at batch sizes from 1 to `batch_size`. Errors: invalid_weights if the logits are not finite.
/// Throws what the engine throws.
result<void> warm_up(engine::engine& e, int batch_size, warmth how);

}  // namespace sma::serving
