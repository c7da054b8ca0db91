// The first forward passes of a new model, before anyone waits for one.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/engine.hpp"

namespace sma::serving {

/// A forward pass of zeros at batch size 1 and at `batch_size`. Errors: invalid_weights if the logits are not finite.
/// Throws what the engine throws.
result<void> warm_up(engine::engine& e, int batch_size);

}  // namespace sma::serving
