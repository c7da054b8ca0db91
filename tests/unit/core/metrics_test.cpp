#include "sma/core/metrics.hpp"

#include "catch.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

TEST_CASE("metrics are exposed under the contract's names") {
    metrics m;
    m.count_request("POST", "/predict", 200, 0.02);
    m.count_request("POST", "/predict", 200, 0.02);
    m.count_rejection("QUEUE_FULL");
    auto const model = m.of_model();
    model.set_state("ready");
    model.model_inference_duration_seconds.Observe(0.03);
    auto const text = m.expose();
    CHECK_THAT(text,
               ContainsSubstring("http_requests_total{endpoint=\"/predict\",method=\"POST\",status_code=\"200\"} 2"));
    CHECK_THAT(text, ContainsSubstring("model_inference_duration_seconds_count 1"));
    CHECK_THAT(text, ContainsSubstring("rejections_total{reason=\"QUEUE_FULL\"} 1"));
    CHECK_THAT(text, ContainsSubstring("model_state{state=\"ready\"} 1"));
    CHECK_THAT(text, ContainsSubstring("model_state{state=\"loading\"} 0"));
    CHECK_THAT(text, ContainsSubstring("process_resident_memory_bytes"));
}

TEST_CASE("each of several models has series of its own") {
    metrics m;
    auto const dogs = m.of_model("dogs");
    auto const cats = m.of_model("cats");
    dogs.images_total.Increment(3);
    cats.images_total.Increment();
    cats.set_state("failed");
    auto const text = m.expose();
    CHECK_THAT(text, ContainsSubstring("images_total{model=\"dogs\"} 3"));
    CHECK_THAT(text, ContainsSubstring("images_total{model=\"cats\"} 1"));
    CHECK_THAT(text, ContainsSubstring("model_state{model=\"cats\",state=\"failed\"} 1"));
    CHECK_THAT(text, ContainsSubstring("model_state{model=\"dogs\",state=\"loading\"} 1"));
    CHECK_THAT(text, !ContainsSubstring("\nimages_total "));
}

TEST_CASE("OpenMetrics has the same samples under its own rules") {
    metrics m;
    m.count_request("POST", "/predict", 200, 0.02);
    m.count_rejection("QUEUE_FULL");
    m.of_model().batch_size.Observe(3);
    auto const text = m.expose_openmetrics();
    CHECK_THAT(text, ContainsSubstring("# TYPE http_requests counter\n# HELP http_requests Finished requests.\n"));
    CHECK_THAT(text, ContainsSubstring(
                         "\nhttp_requests_total{endpoint=\"/predict\",method=\"POST\",status_code=\"200\"} 1\n"));
    CHECK_THAT(text, ContainsSubstring("\nrejections_total{reason=\"QUEUE_FULL\"} 1\n"));
    CHECK_THAT(text, ContainsSubstring("# TYPE model_state gauge\n"));
    CHECK_THAT(text, ContainsSubstring("\nmodel_state{state=\"loading\"} 1\n"));
    CHECK_THAT(text, ContainsSubstring("\nbatch_size_bucket{le=\"3.0\"} 1\n"));
    CHECK_THAT(text, ContainsSubstring("\nbatch_size_bucket{le=\"+Inf\"} 1\nbatch_size_count 1\nbatch_size_sum 3\n"));
    CHECK_THAT(text,
               ContainsSubstring("\nhttp_request_duration_seconds_bucket{endpoint=\"/predict\",le=\"0.02\"} 1\n"));
    CHECK_THAT(text, EndsWith("\n# EOF\n"));
    CHECK_THAT(text, !ContainsSubstring(" # {"));
}

TEST_CASE("the latest trace in each bucket of a request's duration is its exemplar") {
    metrics m;
    m.count_request("POST", "/predict", 200, 0.015, "aa");
    m.count_request("POST", "/predict", 503, 0.016, "bb");
    m.count_request("POST", "/predict", 200, 0.016);
    m.count_request("POST", "/predict", 200, 99, "cc");
    m.count_request("GET", "/info", 200, 0.016);
    m.count_request("GET", "/health", 200, 0.02, "dd");
    auto const text = m.expose_openmetrics();
    CHECK_THAT(text, ContainsSubstring("{endpoint=\"/predict\",le=\"0.02\"} 3 # {trace_id=\"bb\"} 0.016 "));
    CHECK_THAT(text, ContainsSubstring("{endpoint=\"/predict\",le=\"+Inf\"} 4 # {trace_id=\"cc\"} 99 "));
    CHECK_THAT(text, ContainsSubstring("{endpoint=\"/predict\",le=\"0.03\"} 3\n"));
    CHECK_THAT(text, ContainsSubstring("{endpoint=\"/info\",le=\"0.02\"} 1\n"));
    CHECK_THAT(text, ContainsSubstring("{endpoint=\"/health\",le=\"0.02\"} 1 # {trace_id=\"dd\"} 0.02 "));
    CHECK_THAT(m.expose(), !ContainsSubstring("trace_id"));
}

TEST_CASE("dropped spans are counted by reason") {
    metrics m;
    m.count_dropped_spans("queue", 5);
    m.count_dropped_spans("queue", 2);
    CHECK_THAT(m.expose(), ContainsSubstring("trace_spans_dropped_total{reason=\"queue\"} 7"));
}
