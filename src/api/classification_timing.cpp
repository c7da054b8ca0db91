#include "classification_timing.hpp"
#include "sma/serving/top_classes.hpp"

namespace sma::api {
namespace {

std::string best_class(serving::classification const& c) {
    if (!c.logits.front()) return {};
    auto const best = serving::top_classes(*c.logits.front(), 1, c.model->temperature()).front();
    return c.model->labels[static_cast<std::size_t>(best.index)];
}

}  // namespace

void add_timing(http::response& answer, serving::classification const& c) {
    answer.timings = {{"decode", c.decode_ms}, {"queue", c.queue_ms}, {"infer", c.infer_ms}};
    answer.log_fields = {{"decode_ms", c.decode_ms},
                         {"queue_ms", c.queue_ms},
                         {"infer_ms", c.infer_ms},
                         {"batch_size", std::int64_t{c.batch_size}},
                         {"top1", best_class(c)}};
}

}  // namespace sma::api
