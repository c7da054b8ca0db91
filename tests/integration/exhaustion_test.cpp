// Tests of a server whose memory runs out, or whose logits overflow, while it runs.
#include "bodies.hpp"
#include "checks.hpp"
#include "data_limit.hpp"
#include "eventually.hpp"
#include "scale.hpp"
#include "tensor_file.hpp"

#include "catch.hpp"

#include <csignal>
#include <thread>
#include <utility>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Black images have finite logits, so that the server starts; what an image adds is enlarged until it overflows.
std::string overflowing_weights() {
    tensor_file weights(narrow_weights());
    weights.fill("bn1.running_mean", 0);
    weights.fill("bn1.weight", 1e12F);
    weights.fill("layer4.2.bn3.weight", 1e28F);
    return weights.bytes();
}

/// Other batch sizes are prepared after the model is there; oneDNN 2.6 does not survive that memory ends just then.
void require_settled(server_process const& server) {
    std::size_t before = 0;
    REQUIRE(eventually(
        [&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
            return std::exchange(before, data_bytes(server.id())) == before;
        },
        patience));
}

}  // namespace

TEST_CASE("500 INFERENCE_RUNTIME_ERROR: logits that are not finite are an error, not a prediction", "[errors]") {
    temporary_folder const folder;
    write_file(folder / "overflow.safetensors", overflowing_weights());
    server_process const server({"--weights", (folder / "overflow.safetensors").string()});
    auto const response = server.ask(post_image("/predict", sample_bytes()));
    require_error(response, 500, "INFERENCE_RUNTIME_ERROR");
    CHECK(server.log_lines_of(response.header("X-Correlation-ID")).size() >= 1);
    CHECK(server.get("/health").status == 200);
    require_idle(server);
}

TEST_CASE("503 OUT_OF_MEMORY: a body for which there is no memory, and the service goes on", "[errors]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator ends the process when memory ends");
        return;
    }
    server_process const server(narrow());
    require_settled(server);
    // More than what the allocator may have kept of the loading of the model.
    auto const request = post_form("/predict", {6, {"file", "large.jpg", std::string(10'000'000, 'x')}});
    limit_data(server.id(), data_bytes(server.id()) + 1'000'000);
    connection client(server.port());
    client.try_send(request);
    auto const response = client.read();
    require_error(response, 503, "OUT_OF_MEMORY");
    CHECK(response.has("Retry-After"));
    CHECK(server.get("/health").status == 200);
    limit_data(server.id(), RLIM_INFINITY);
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    require_idle(server);
}

TEST_CASE("a reload for which there is no memory keeps the model, and the next one works", "[faults][reloads]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator ends the process when memory ends");
        return;
    }
    // One batch size, which a reload prepares.
    server_process server({"--max-batch-size", "1"});
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    require_settled(server);
    // Room for requests, not for a hundred megabytes of weights.
    limit_data(server.id(), data_bytes(server.id()) + 40'000'000);
    server.signal(SIGHUP);
    CHECK(eventually([&] { return server.metrics().value("model_load_failures_total") == 1; }, patience));
    auto const info = require_json(server.get("/info"));
    CHECK_THAT(std::string(info.at("model_loads").at("last_error").as_string()), ContainsSubstring("memory"));
    CHECK(server.get("/health").status == 200);
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    limit_data(server.id(), RLIM_INFINITY);
    server.signal(SIGHUP);
    CHECK(eventually([&] { return server.metrics().value("model_loads_total") == 2; }, patience));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    require_idle(server);
    CHECK(server.stop() == 0);
}

TEST_CASE("a Unix socket serves like a port, and its file goes when the server ends", "[operations]") {
    temporary_folder const folder;
    auto const path = folder / "api.sock";
    process server(
        {server_program(), narrow({"serve", "--unix-socket", path.string()}), {}, folder / "out", folder / "err"});
    auto const healthy = [&] {
        try {
            return connection(path).ask(make_request("GET", "/health")).status == 200;
        } catch (client_error const&) {
            return false;
        }
    };
    REQUIRE(eventually(healthy, patience));
    CHECK(read_file(folder / "out").find("listening on unix:" + path.string()) != std::string::npos);
    require_prediction(connection(path).ask(post_image("/predict", sample_bytes())), 5);
    server.signal(SIGTERM);
    CHECK(server.wait(patience) == 0);
    CHECK_FALSE(std::filesystem::exists(path));
}
