#include "sma/tracing/tracer.hpp"

#include "recording_sink.hpp"

#include "catch.hpp"

#include <chrono>
#include <string>

using namespace sma;
using namespace sma::tracing;
using namespace std::chrono_literals;

namespace {

trace_parent parent(bool sampled) { return {{make_trace_id(), make_span_id()}, sampled}; }

}  // namespace

TEST_CASE("a caller that records its trace gets a child in it, whatever the ratio", "[tracer]") {
    test::recording_sink sink;
    auto const caller = parent(true);
    auto const trace = tracer(0, sink).begin(caller, "vendor=1");
    REQUIRE(trace);
    CHECK(trace->context().trace == caller.context.trace);
    CHECK(trace->context().span != caller.context.span);
    trace->finish({});
    REQUIRE(sink.spans.size() == 1);
    CHECK(sink.spans[0].parent == caller.context.span);
    CHECK(sink.spans[0].tracestate == "vendor=1");
}

TEST_CASE("a caller that does not record its trace is not traced, whatever the ratio", "[tracer]") {
    test::recording_sink sink;
    CHECK_FALSE(tracer(1, sink).begin(parent(false), {}));
}

TEST_CASE("without a caller the ratio decides, and a new trace begins", "[tracer]") {
    test::recording_sink sink;
    CHECK_FALSE(tracer(0, sink).begin(std::nullopt, {}));
    auto const first = tracer(1, sink).begin(std::nullopt, "vendor=1");
    auto const second = tracer(1, sink).begin(std::nullopt, {});
    REQUIRE(first);
    CHECK(first->context().trace != second->context().trace);
    first->finish({});
    CHECK(sink.spans[0].parent == span_id{});
    CHECK(sink.spans[0].tracestate.empty());  // it belongs to the caller that is not there
}

TEST_CASE("an endless tracestate is left out", "[tracer]") {
    test::recording_sink sink;
    tracer const all(1, sink);
    all.begin(parent(true), std::string(512, 'a'))->finish({});
    all.begin(parent(true), std::string(513, 'a'))->finish({});
    CHECK(sink.spans[0].tracestate.size() == 512);
    CHECK(sink.spans[1].tracestate.empty());
}

TEST_CASE("stages are children of the server span, and come with it", "[request_trace]") {
    test::recording_sink sink;
    request_trace trace(sink, {make_trace_id(), make_span_id()}, {}, "vendor=1");
    span_context const other{make_trace_id(), make_span_id()};
    auto const now = std::chrono::steady_clock::now();
    trace.add_child("decode", now, now + 2ms);
    trace.add_child("forward", now + 2ms, now + 5ms, true, {other});
    CHECK(sink.pushes == 0);
    span server;
    server.name = "POST /predict";
    trace.finish(std::move(server));

    CHECK(sink.pushes == 1);
    REQUIRE(sink.spans.size() == 3);
    auto const* const root = sink.find("POST /predict");
    auto const* const decode = sink.find("decode");
    auto const* const forward = sink.find("forward");
    REQUIRE(root);
    REQUIRE(decode);
    REQUIRE(forward);
    CHECK(root->kind == span_kind::server);
    CHECK(root->context == trace.context());
    for (auto const* child : {decode, forward}) {
        CHECK(child->parent == root->context.span);
        CHECK(child->context.trace == root->context.trace);
        CHECK(child->context.span != root->context.span);
        CHECK(child->tracestate == "vendor=1");
    }
    CHECK(decode->ended - decode->began == 2ms);
    CHECK_FALSE(decode->failed);
    CHECK(forward->failed);
    CHECK(forward->links == std::vector{other});
}

TEST_CASE("a request cannot have endless stages", "[request_trace]") {
    test::recording_sink sink;
    request_trace trace(sink, {make_trace_id(), make_span_id()}, {}, {});
    for (int i = 0; i < 1'000; ++i) trace.add_child("decode", {}, {});
    trace.finish({});
    CHECK(sink.spans.size() == 65);
}

TEST_CASE("a traced stage lasts until it ends, once", "[request_trace]") {
    test::recording_sink sink;
    request_trace trace(sink, {make_trace_id(), make_span_id()}, {}, {});
    {
        traced_stage first(&trace, "decode");
        first.fail();
        first.end();
        traced_stage const second(&trace, "queue");
        traced_stage const untraced(nullptr, "nothing");
    }
    trace.finish({});
    REQUIRE(sink.spans.size() == 3);
    CHECK(sink.find("decode")->failed);
    CHECK_FALSE(sink.find("queue")->failed);
    CHECK(sink.find("queue")->ended >= sink.find("queue")->began);
}
