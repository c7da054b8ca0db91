#include "sma/core/metrics.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>

#include "scale.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("metrics are exposed under the contract's names") {
    metrics m;
    m.count_request("POST", "/predict", 200, 0.02);
    m.count_request("POST", "/predict", 200, 0.02);
    m.count_rejection("QUEUE_FULL");
    m.set_model_state("ready");
    m.model_inference_duration_seconds.Observe(0.03);
    auto const text = m.expose();
    CHECK_THAT(text,
               ContainsSubstring("http_requests_total{endpoint=\"/predict\",method=\"POST\",status_code=\"200\"} 2"));
    CHECK_THAT(text, ContainsSubstring("model_inference_duration_seconds_count 1"));
    CHECK_THAT(text, ContainsSubstring("rejections_total{reason=\"QUEUE_FULL\"} 1"));
    CHECK_THAT(text, ContainsSubstring("model_state{state=\"ready\"} 1"));
    CHECK_THAT(text, ContainsSubstring("model_state{state=\"loading\"} 0"));
    CHECK_THAT(text, ContainsSubstring("process_resident_memory_bytes"));
}

TEST_CASE("reading the metrics takes less than a millisecond") {
    if (sma::test::under_sanitizer) return;
    metrics m;
    for (auto const* endpoint : {"/predict", "/health", "/info", "/metrics", "/v2/models/{m}/infer", "other"})
        for (unsigned const status : {200U, 400U, 404U, 413U, 415U, 422U, 503U, 504U})
            m.count_request("POST", endpoint, status, 0.01);
    for (auto const* reason : {"QUEUE_FULL", "DEADLINE_EXCEEDED", "SHUTTING_DOWN"}) m.count_rejection(reason);
    auto fastest = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 50; ++i) {
        auto const begin = std::chrono::steady_clock::now();
        CHECK(m.expose().size() > 10'000);
        fastest = std::min(fastest, std::chrono::steady_clock::now() - begin);
    }
    CHECK(fastest < std::chrono::milliseconds(1));
}
