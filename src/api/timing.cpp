#include "timing.hpp"

namespace sma::api {

http::prediction_timing timing_of(serving::classification const& c) {
    http::prediction_timing timing;
    timing.decode_ms = c.decode_ms;
    timing.queue_ms = c.queue_ms;
    timing.infer_ms = c.infer_ms;
    timing.batch_size = c.batch_size;
    if (c.logits.front()) {
        auto const best = serving::top_classes(*c.logits.front(), 1).front();
        timing.top1 = c.model->labels[static_cast<std::size_t>(best.index)];
    }
    return timing;
}

}  // namespace sma::api
