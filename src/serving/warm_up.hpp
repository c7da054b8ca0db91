// Warm-up of a new model: forward passes before its first request.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/engine.hpp"

#include <functional>

namespace sma::serving {

/// Forward passes of zeros at batch sizes 1 and `batch_size`. Beside traffic an engine that can be prepared without
/// computing is spared the second: it would take half of the processor time of a reload from the requests. Errors:
/// invalid_weights if the logits are not finite. Throws what the engine throws.
result<void> warm_up(engine::engine& e, int batch_size, bool beside_traffic);

/// Prepares the engine for the other batch sizes, each of which would otherwise cost its first batch tens of
/// milliseconds, without computing anything. Any thread. A size that fails is left to its first pass. Stops early when
/// `wanted` is no longer true.
void prepare_remaining_sizes(engine::engine& e, int batch_size, std::function<bool()> const& wanted) noexcept;

}  // namespace sma::serving
