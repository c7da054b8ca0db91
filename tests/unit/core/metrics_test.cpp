#include "sma/core/metrics.hpp"

#include "catch.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;

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
