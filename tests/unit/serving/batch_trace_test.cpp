#include "sma/serving/dispatcher.hpp"

#include "catch_result.hpp"
#include "recording_sink.hpp"
#include "serving_fakes.hpp"
#include "sma/tracing/request_trace.hpp"

#include <vector>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;
using sma::test::recording_sink;

namespace {

/// A traced request.
struct traced {
    explicit traced(recording_sink& sink) : trace(sink, {tracing::make_trace_id(), tracing::make_span_id()}, {}, {}) {
        context.trace = &trace;
    }
    tracing::request_trace trace;
    request_context context;
};

}  // namespace

TEST_CASE("a batch is one span, linked with each traced request in it", "[batch_trace]") {
    recording_sink sink;
    only_model_metrics m;
    gate hold;
    dispatcher d(batches_of(8), m);
    auto const model = model_of(std::make_unique<fake_engine>([&hold](auto const& batch) {
        if (batch.front() == 0) hold.pass();
    }));
    auto before = infer(d, model, {0});
    hold.wait_for_visitor();
    traced first(sink), second(sink);
    auto one = infer(d, model, {1, 2}, first.context);
    auto other = infer(d, model, {3});
    auto two = infer(d, model, {4}, second.context);
    hold.open();

    auto const out = one.get();
    REQUIRE(out);
    REQUIRE(sink.spans.size() == 1);
    auto const& batch = sink.spans.front();
    CHECK(batch.name == "batch");
    CHECK(batch.parent == tracing::span_id{});
    CHECK(batch.links == std::vector{first.trace.context(), second.trace.context()});
    CHECK(std::get<std::int64_t>(batch.attributes.front().value) == 4);
    CHECK(batch.ended >= batch.began);
    CHECK(out->batches == std::vector{batch.context});
    CHECK(two.get()->batches == out->batches);
    CHECK(other.get()->batches.empty());
    CHECK(before.get()->batches.empty());
}

TEST_CASE("a request whose images do not fit into one batch is linked with all of them", "[batch_trace]") {
    recording_sink sink;
    only_model_metrics m;
    dispatcher d(batches_of(2), m);
    auto const model = model_of(std::make_unique<fake_engine>());
    traced request(sink);
    auto const out = infer(d, model, {1, 2, 3}, request.context).get();
    REQUIRE(out);
    REQUIRE(sink.spans.size() == 2);
    CHECK(out->batches == std::vector{sink.spans[0].context, sink.spans[1].context});
    CHECK(sink.spans[0].context.trace != sink.spans[1].context.trace);
}
