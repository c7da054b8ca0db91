#include "sma/tracing/trace_context.hpp"

#include "catch.hpp"

#include <set>
#include <string>

using namespace sma::tracing;

namespace {

std::string const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
std::string const caller = "00f067aa0ba902b7";

std::string header(std::string const& version, std::string const& flags, std::string const& rest = {}) {
    return version + "-" + trace + "-" + caller + "-" + flags + rest;
}

}  // namespace

TEST_CASE("traceparent names the caller's span and says whether it is recorded", "[trace_context]") {
    auto const parent = parse_traceparent(header("00", "01"));
    REQUIRE(parent);
    CHECK(to_text(parent->context.trace) == trace);
    CHECK(parent->context.span == span_id{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7});
    CHECK(parent->sampled);
    CHECK_FALSE(parse_traceparent(header("00", "00"))->sampled);
}

TEST_CASE("of traceparent's flags only the lowest is the sampling decision", "[trace_context]") {
    CHECK(parse_traceparent(header("00", "03"))->sampled);
    CHECK(parse_traceparent(header("00", "ff"))->sampled);
    CHECK_FALSE(parse_traceparent(header("00", "02"))->sampled);
}

TEST_CASE("a later version of traceparent may be longer, version 00 may not", "[trace_context]") {
    CHECK(parse_traceparent(header("01", "01", "-more")));
    CHECK(parse_traceparent(header("cc", "01")));
    CHECK_FALSE(parse_traceparent(header("01", "01", "more")));
    CHECK_FALSE(parse_traceparent(header("00", "01", "-more")));
    CHECK_FALSE(parse_traceparent(header("00", "01", "-")));
}

TEST_CASE("a malformed traceparent counts as none", "[trace_context]") {
    for (auto const& bad :
         {std::string(), header("ff", "01"), header("0", "01"), header("00", "0"), header("00", "0g"),
          header("00", "01").substr(0, 52), "00-" + std::string(32, '0') + "-" + caller + "-01",
          "00-" + trace + "-" + std::string(16, '0') + "-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + caller + "-01",
          "00-" + trace + "-00F067AA0BA902B7-01", "00_" + trace + "-" + caller + "-01",
          "00-" + trace + "-" + caller + "_01", " " + header("00", "01")}) {
        INFO('"' << bad << '"');
        CHECK_FALSE(parse_traceparent(bad));
    }
}

TEST_CASE("new identifiers differ", "[trace_context]") {
    std::set<trace_id> traces;
    std::set<span_id> spans;
    for (int i = 0; i < 1'000; ++i) {
        traces.insert(make_trace_id());
        spans.insert(make_span_id());
    }
    CHECK(traces.size() == 1'000);
    CHECK(spans.size() == 1'000);
}

TEST_CASE("a ratio samples that share of random traces", "[trace_context]") {
    int sampled = 0;
    for (int i = 0; i < 100'000; ++i) sampled += is_sampled(make_trace_id(), 0.25) ? 1 : 0;
    CHECK(sampled > 24'000);
    CHECK(sampled < 26'000);
}

TEST_CASE("ratio 0 samples no trace, and ratio 1 every one", "[trace_context]") {
    trace_id lowest{1};
    trace_id highest;
    highest.fill(0xff);
    for (auto const& id : {lowest, highest}) {
        CHECK(is_sampled(id, 1));
        CHECK_FALSE(is_sampled(id, 0));
    }
}

TEST_CASE("the low 56 bits of an ID decide, so that all servers decide alike", "[trace_context]") {
    trace_id half{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80};
    CHECK(is_sampled(half, 0.5));
    CHECK_FALSE(is_sampled(half, 0.499));
    half[9] = 0x7f;
    CHECK_FALSE(is_sampled(half, 0.5));
}
