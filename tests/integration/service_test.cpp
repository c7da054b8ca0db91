// Tests of /health, /info, /metrics and of the headers on every response.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <regex>
#include <set>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("health goes from loading to healthy, and answers all the while", "[contract]") {
    server_process const server(server_process::options{{}, {}, false});
    std::set<std::string> seen;
    bool refused = false;
    auto const request = post_image("/predict", sample_bytes());
    bool const healthy = eventually(
        [&] {
            auto const response = server.get("/health");
            auto const answer = require_json(response);
            std::string const status(answer.at("status").as_string());
            seen.insert(status);
            bool const is_healthy = status == "healthy";
            CHECK(response.status == (is_healthy ? 200 : 503));
            CHECK(answer.at("model_loaded").as_bool() == is_healthy);
            if (!is_healthy && !refused) {
                auto const early = server.ask(request);
                refused = early.status == 503;
                if (refused) require_error(early, 503, "MODEL_NOT_LOADED");
            }
            return is_healthy;
        },
        patience);
    REQUIRE(healthy);
    for (auto const& status : seen) CHECK((status == "loading" || status == "warming_up" || status == "healthy"));
    CHECK(refused);
    require_prediction(server.ask(request), 5);
}

TEST_CASE("info says what is running", "[contract]") {
    auto const info = require_json(shared_server().get("/info"));
    CHECK(info.at("name").as_string() == "simple-model-api");
    CHECK(std::regex_match(std::string(info.at("version").as_string()), std::regex("[0-9]+\\.[0-9]+\\.[0-9]+")));
    CHECK_FALSE(info.at("commit").as_string().empty());
    auto const& model = info.at("model").as_object();
    CHECK(model.at("name").as_string() == "ResNet-50");
    CHECK(model.at("classes").to_number<int>() == 12);
    CHECK(std::regex_match(std::string(model.at("weights_sha256").as_string()), std::regex("[0-9a-f]{64}")));
    auto const& engine = info.at("engine").as_object();
    CHECK(std::set<std::string>{"onednn", "torch"}.contains(std::string(engine.at("name").as_string())));
    CHECK(std::set<std::string>{"fp32", "bf16"}.contains(std::string(engine.at("precision").as_string())));
    CHECK(info.at("preprocessing").at("crop").to_number<int>() == 224);
    CHECK(info.at("preprocessing").at("resize").to_number<int>() == 256);
    CHECK(info.at("preprocessing").at("mean").as_array().at(0).to_number<double>() == 0.485);
    CHECK(info.at("limits").at("max_image_bytes").to_number<int>() == 10 * 1024 * 1024);
    for (auto const* library : {"onednn", "libvips", "boost"})
        CHECK(info.at("libraries").as_object().contains(library));
    CHECK_THAT(shared_server().get("/info").body, !ContainsSubstring(SMA_BINARY_DIR));
}

TEST_CASE("metrics are those of the contract", "[contract]") {
    auto const& server = shared_server();
    auto const before = server.metrics();
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    CHECK(server.ask(post_image("/predict", "not an image")).status == 415);

    auto const response = server.get("/metrics");
    require_common_headers(response);
    CHECK_THAT(response.header("Content-Type"), StartsWith("text/plain; version=0.0.4"));
    metrics_reader const now(response.body);
    for (auto const* name : {"http_request_duration_seconds", "image_decode_duration_seconds", "queue_duration_seconds",
                             "batch_assembly_duration_seconds", "model_inference_duration_seconds", "batch_size"}) {
        INFO(name);
        CHECK(now.type(name) == "histogram");
        CHECK(now.has(std::string(name) + "_bucket"));
    }
    for (auto const* name : {"queue_depth", "decode_queue_depth", "inflight_requests", "inflight_body_bytes",
                             "open_connections", "model_state", "process_resident_memory_bytes"}) {
        INFO(name);
        CHECK(now.type(name) == "gauge");
        CHECK(now.has(name));
    }
    for (auto const* name : {"images_total", "batches_total", "oom_recoveries_total", "cancelled_images_total"}) {
        INFO(name);
        CHECK(now.type(name) == "counter");
        CHECK(now.has(name));
    }
    auto const grew = [&](std::string_view name, std::initializer_list<std::string_view> labels) {
        return now.sum(name, labels) - before.sum(name, labels);
    };
    CHECK(grew("http_requests_total", {"method=\"POST\"", "endpoint=\"/predict\"", "status_code=\"200\""}) == 1);
    CHECK(grew("http_requests_total", {"method=\"POST\"", "endpoint=\"/predict\"", "status_code=\"415\""}) == 1);
    CHECK(grew("images_total", {}) == 1);
    CHECK(grew("model_inference_duration_seconds_count", {}) == 1);
    CHECK(now.value("model_state{state=\"ready\"}") == 1);
    CHECK(now.sum("model_state") == 1);
    CHECK(now.value("process_resident_memory_bytes") > 10e6);
}

TEST_CASE("paths that do not exist make no series of their own", "[contract]") {
    auto const& server = shared_server();
    for (auto const* target : {"/a1", "/a2", "/predict/a3"}) CHECK(server.get(target).status == 404);
    auto const text = server.get("/metrics").body;
    CHECK_THAT(text, !ContainsSubstring("/a1") && !ContainsSubstring("a3") && ContainsSubstring("endpoint=\"other\""));
}

TEST_CASE("HEAD is GET without the body", "[contract]") {
    connection client(shared_server().port());
    for (auto const* target : {"/health", "/info", "/metrics"}) {
        client.send(make_request("HEAD", target));
        auto const head = client.read(true);
        CHECK(head.status == 200);
        require_common_headers(head);
        CHECK(std::stoi(head.header("Content-Length")) > 10);
        auto const get = client.ask(make_request("GET", target));
        CHECK(get.status == 200);
        CHECK(get.header("Content-Type") == head.header("Content-Type"));
    }
    client.send(make_request("HEAD", "/predict"));
    auto const refused = client.read(true);
    CHECK(refused.status == 405);
    CHECK(client.ask(make_request("GET", "/health")).status == 200);
}

TEST_CASE("OPTIONS says what a path takes", "[contract]") {
    connection client(shared_server().port());
    auto const predict = client.ask(make_request("OPTIONS", "/predict"));
    CHECK((predict.status == 200 || predict.status == 204));
    require_common_headers(predict);
    CHECK_THAT(predict.header("Allow"),
               ContainsSubstring("POST") && ContainsSubstring("OPTIONS") && !ContainsSubstring("GET"));
    auto const health = client.ask(make_request("OPTIONS", "/health"));
    CHECK_THAT(health.header("Allow"), ContainsSubstring("GET") && ContainsSubstring("HEAD"));
    CHECK(client.ask(make_request("OPTIONS", "*")).status / 100 == 2);
}

TEST_CASE("a client's correlation ID is kept only when it is trusted, and never unchecked", "[contract]") {
    header_list const own{{"X-Correlation-ID", "mine-1"}};
    CHECK(is_uuid_v4(shared_server().ask(make_request("GET", "/health", own)).header("X-Correlation-ID")));

    server_process const trusting(narrow({"--trust-correlation-id"}));
    auto const id_for = [&](header_list const& headers) {
        return trusting.ask(make_request("GET", "/health", headers)).header("X-Correlation-ID");
    };
    CHECK(id_for(own) == "mine-1");
    CHECK(id_for({{"X-Request-ID", "theirs_2"}}) == "theirs_2");
    CHECK(id_for({{"X-Correlation-ID", std::string(128, 'x')}}) == std::string(128, 'x'));
    for (auto const& bad :
         {std::string("a b"), std::string(129, 'x'), std::string("<script>"), std::string("a\"b"), std::string()})
        CHECK(is_uuid_v4(id_for({{"X-Correlation-ID", bad}})));

    auto const refused = trusting.ask(make_request("POST", "/predict", own, "x"));
    CHECK_THAT(refused.body, ContainsSubstring("\"mine-1\""));
    CHECK_FALSE(trusting.log_lines_of("mine-1").empty());
}

TEST_CASE("a trace's ID is logged and returned", "[contract]") {
    auto const& server = shared_server();
    std::string const trace = "0af7651916cd43dd8448eb211c80319c";
    auto const parent = "00-" + trace + "-b7ad6b7169203331-01";
    auto const response = server.ask(make_request("GET", "/health", {{"traceparent", parent}}));
    CHECK_THAT(response.header("traceparent"), ContainsSubstring(trace));
    auto const lines = server.log_lines_of(response.header("X-Correlation-ID"));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("trace_id").as_string() == trace);
    CHECK_FALSE(server.ask(make_request("GET", "/health", {{"traceparent", "00-xyz"}})).has("traceparent"));
}

TEST_CASE("one log line a request, with its ID", "[contract]") {
    auto const& server = shared_server();
    auto const response =
        server.ask(post_form("/predict?top_k=1", {{"file", "forged\\\",\\\"status\\\":1.jpg", sample_bytes()}}));
    auto const lines = server.log_lines_of(response.header("X-Correlation-ID"));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("status").to_number<int>() == response.status);
    CHECK(lines[0].at("method").as_string() == "POST");
}
