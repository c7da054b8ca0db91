// Span of a forward pass, which the requests in it share.
#pragma once

#include "batch_queue.hpp"

namespace sma::serving {

/// Pushes a span "batch", the root of a trace of its own, that is linked to each traced request of the batch, and notes
/// it in those requests, so that their spans link back. Does nothing where none is traced, or for lack of memory.
/// Inference thread, before the requests are answered.
void trace_batch(batch const& b, steady_time began, steady_time ended) noexcept;

}  // namespace sma::serving
