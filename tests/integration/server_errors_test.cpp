// Tests of the 5xx rows of the contract's error table, each provoked over a socket.
#include "bodies.hpp"
#include "checks.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <atomic>
#include <mutex>
#include <thread>

using namespace sma::test;

TEST_CASE("503 MODEL_NOT_LOADED: weights that cannot be loaded leave the service up, and it says why", "[errors]") {
    temporary_folder const folder;
    write_file(folder / "broken.safetensors", "not weights at all");
    auto const file = GENERATE(as<std::string>{}, "missing.safetensors", "broken.safetensors");
    auto const weights = (folder / file).string();
    server_process const server(server_process::options{{"--weights", weights}, {}, false});
    REQUIRE(server.wait_for_status("failed"));
    auto const health = server.get("/health");
    CHECK(health.status == 503);
    CHECK_FALSE(require_json(health).at("model_loaded").as_bool());
    auto const response = server.ask(post_image("/predict", sample_bytes()));
    require_error(response, 503, "MODEL_NOT_LOADED");
    CHECK(server.log_lines_of(response.header("X-Correlation-ID")).size() == 1);
    CHECK(server.get("/info").status == 200);
    auto const metrics = server.metrics();
    CHECK(metrics.value("model_state{state=\"failed\"}") == 1);
    CHECK(metrics.value("model_load_failures_total") == 1);
}

TEST_CASE("503 MODEL_NOT_LOADED comes before the body", "[errors]") {
    server_process const server(server_process::options{{"--weights", "/nonexistent.safetensors"}, {}, false});
    REQUIRE(server.wait_for_status("failed"));
    connection client(server.port());
    client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 5000000\r\n\r\n");
    require_error(client.read(), 503, "MODEL_NOT_LOADED");
}

TEST_CASE("503 QUEUE_FULL: more images than the queue holds", "[errors]") {
    server_process const server({"--max-queue-size", "2", "--max-batch-size", "2"});
    auto const request = post_image("/predict", sample_bytes());
    std::mutex mutex;
    std::vector<http_response> responses;
    std::atomic<bool> seen_full = false;
    std::vector<std::thread> clients;
    auto const end = std::chrono::steady_clock::now() + patience;
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([&] {
            connection client(server.port());
            while (!seen_full && std::chrono::steady_clock::now() < end) {
                auto response = client.ask(request);
                if (response.status == 503) seen_full = true;
                std::lock_guard const lock(mutex);
                responses.push_back(std::move(response));
            }
        });
    for (auto& client : clients) client.join();
    REQUIRE(seen_full);
    int answered = 0;
    for (auto const& response : responses) {
        if (response.status == 503)
            require_error(response, 503, "QUEUE_FULL");
        else
            answered += response.status == 200 ? 1 : 1000;
    }
    CHECK(answered >= 1);
    CHECK(answered < 1000);
    CHECK(server.metrics().sum("rejections_total", {"reason=\"QUEUE_FULL\""}) >= 1);
    require_idle(server);
}

TEST_CASE("503 QUEUE_FULL: more bytes of bodies than may be in flight", "[errors]") {
    server_process const server(narrow({"--max-inflight-body-bytes", "65536"}));
    std::string const head =
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 60000\r\n\r\n";
    connection holds(server.port());
    holds.send(head + std::string(30'000, 'x'));
    std::optional<http_response> refused;
    for (int i = 0; i < 200 && !refused; ++i) {
        connection client(server.port());
        client.send(head + std::string(60'000, 'x'));
        auto const response = client.read();
        if (response.status == 503) refused = response;
    }
    REQUIRE(refused);
    require_error(*refused, 503, "QUEUE_FULL");
    CHECK(server.get("/health").status == 200);
    holds.reset();
    require_idle(server);
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
}

TEST_CASE("504 DEADLINE_EXCEEDED: a request's own deadline covers its upload", "[errors]") {
    auto const& server = shared_server();
    auto const bytes = sample_bytes();
    auto const response = [&] {
        connection client(server.port());
        client.send("POST /predict?timeout_ms=40 HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                    std::to_string(bytes.size()) + "\r\n\r\n" + bytes.substr(0, 100));
        std::this_thread::sleep_for(std::chrono::milliseconds(150));
        client.try_send(std::string_view(bytes).substr(100));
        return client.read();
    }();
    require_error(response, 504, "DEADLINE_EXCEEDED");
    CHECK(server.log_lines_of(response.header("X-Correlation-ID")).size() == 1);
    require_idle(server);
}

TEST_CASE("504 DEADLINE_EXCEEDED: what cannot be decoded and inferred in time is not served late", "[errors]") {
    auto const& server = shared_server();
    auto const large = make_bmp(1'800, 1'800);
    std::vector<form_file> const files(1, {"file", "large.bmp", large});
    auto const response = server.ask(post_form("/predict?timeout_ms=1", files));
    require_error(response, 504, "DEADLINE_EXCEEDED");
    require_idle(server);
    require_prediction(server.ask(post_form("/predict", files)), 5);
}
