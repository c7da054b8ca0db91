#include "batch_trace.hpp"

#include "sma/tracing/request_trace.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace sma::serving {
namespace {

/// The requests of the batch that are traced, each once: the images of one stand together.
std::vector<pending_request*> traced_requests(batch const& b) {
    std::vector<pending_request*> found;
    for (auto const& item : b.items)
        if (item.from->request.context.trace != nullptr && (found.empty() || found.back() != item.from))
            found.push_back(item.from);
    return found;
}

tracing::span batch_span(batch const& b, std::vector<pending_request*> const& traced) {
    tracing::span span;
    span.name = "batch";
    span.context = {tracing::make_trace_id(), tracing::make_span_id()};
    span.attributes.push_back({"simple_model_api.batch.size", static_cast<std::int64_t>(b.items.size())});
    span.attributes.push_back({"simple_model_api.model.architecture", b.model->architecture});
    for (auto const* r : traced) span.links.push_back(r->request.context.trace->context());
    return span;
}

}  // namespace

void trace_batch(batch const& b, steady_time began, steady_time ended) noexcept {
    auto const is_traced = [](batch::item const& i) { return i.from->request.context.trace != nullptr; };
    if (std::ranges::none_of(b.items, is_traced)) return;
    try {
        auto const traced = traced_requests(b);
        std::vector<tracing::span> spans{batch_span(b, traced)};
        spans.front().began = began;
        spans.front().ended = ended;
        for (auto* r : traced) r->batches.push_back(spans.front().context);
        traced.front()->request.context.trace->sink().push(std::move(spans));
    } catch (std::bad_alloc const&) {
        // The requests are answered without it.
    }
}

}  // namespace sma::serving
