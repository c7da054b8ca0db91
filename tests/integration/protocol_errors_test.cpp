// Tests of errors below /v2: always {"error": "<string>"}, and the connection stays usable.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "protocol_requests.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <limits>
#include <set>
#include <thread>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string one_input(std::string const& members) { return R"({"inputs": [{)" + members + "}]}"; }

std::string const zeros(602'112, '\0');
std::string const tensor_json =
    R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 3, 224, 224], "parameters": {"binary_data_size": 602112}}])";

}  // namespace

TEST_CASE("a request that makes no sense is 400 and says what was expected", "[protocol]") {
    connection client(shared_server().port());
    for (auto const& [text, part] : std::vector<std::pair<std::string, std::string>>{
             {"", "not valid JSON"},
             {"{\"inputs\": [", "not valid JSON"},
             {std::string(10'000, '['), "expected an object"},
             {R"({"inputs": [{"data": )" + std::string(10'000, '['), "nested deeper"},
             {"{}", "expected either `image` (BYTES, shape [n]) or `input` (FP32, shape [n, 3, 224, 224])"},
             {one_input(R"("name": "x", "datatype": "FP32", "shape": [1], "data": [1])"), "unknown input `x`"},
             {one_input(R"("name": "input", "datatype": "INT8", "shape": [1, 3, 224, 224], "data": [1])"),
              "expected FP32"},
             {one_input(R"("name": "input", "datatype": "FP32", "shape": [1, 3, 224], "data": [1])"),
              "[1, 3, 224], expected [n, 3, 224, 224]"},
             {one_input(R"("name": "input", "datatype": "FP32", "shape": [-1, 3, 224, 224], "data": [1])"),
              "-1 images"},
             {one_input(
                  R"("name": "input", "datatype": "FP32", "shape": [6148914691236517206, 3, 224, 224], "data": [1])"),
              "expected 1 to 32"},
             {one_input(R"("name": "input", "datatype": "FP32", "shape": [1, 3, 224, 224], "data": [1, 2])"),
              "2 numbers, expected 150528"},
             {one_input(R"("name": "image", "datatype": "BYTES", "shape": [33], "data": [])"), "33 images"},
             {one_input(R"("name": "image", "datatype": "BYTES", "shape": [1], "data": ["%%%"])"), "not base64"},
             {one_input(R"("name": "image", "datatype": "BYTES", "shape": [1], "data": ["Zm9v"])"), ""},
             {one_input(R"("name": "image", "datatype": "BYTES", "shape": [1], "data": [""])"), ""}}) {
        INFO(text.substr(0, 200));
        require_protocol_error(client.ask(infer_json(text)), 400, part);
    }
    require_protocol_error(client.ask(infer_binary(tensor_json + "}", zeros.substr(1))), 400, "602111 bytes follow");
    require_protocol_error(client.ask(infer_binary(tensor_json + R"(, "outputs": [{"name": "y"}]})", zeros)), 400,
                           "unknown output `y`");
    auto infinite = zeros;
    infinite.replace(4 * 777, 4, std::string("\0\0\x80\x7f", 4));
    require_protocol_error(client.ask(infer_binary(tensor_json + "}", infinite)), 400, "not finite");
    require_protocol_error(
        client.ask(make_request("POST", "/v2/models/resnet50/infer", {{"Inference-Header-Content-Length", "3"}}, "{}")),
        400, "Inference-Header-Content-Length");
    require_protocol_error(
        client.ask(make_request("POST", "/v2/models/resnet50/infer", {{"Content-Encoding", "gzip"}}, "{}")), 400,
        "Content-Encoding");
    require_answer(client.ask(infer_binary(tensor_json + "}", zeros)));
}

TEST_CASE("one bad image of several is named", "[protocol]") {
    auto const good = encode_base64(sample_bytes());
    auto const text = one_input(R"("name": "image", "datatype": "BYTES", "shape": [2], "data": [")" + good + "\", \"" +
                                encode_base64(sample_bytes().substr(0, 400)) + "\"]");
    require_protocol_error(shared_server().ask(infer_json(text)), 400, "image 1: ");
}

TEST_CASE("errors that the session makes have the protocol's shape under /v2, and only there", "[protocol]") {
    auto const& server = shared_server();
    connection client(server.port());
    require_protocol_error(client.ask(make_request("GET", "/v2/nothing")), 404, "no endpoint has this path");
    require_protocol_error(client.ask(make_request("GET", "/v2/models/other")), 404, "unknown model `other`");
    require_protocol_error(client.ask(make_request("GET", "/v2/models/resnet50/versions/2")), 404,
                           "unknown version `2`");
    require_protocol_error(client.ask(make_request("GET", "/v2/models/other/ready")), 404, "resnet50");
    require_protocol_error(client.ask(infer_json("{}", "/v2/models/other/infer")), 404, "unknown model");
    require_protocol_error(client.ask(infer_json("{}", "/v2/models/resnet50/versions/9/infer")), 404,
                           "unknown version");
    auto const not_allowed = client.ask(make_request("GET", "/v2/models/resnet50/infer"));
    require_protocol_error(not_allowed, 405, "POST");
    CHECK_THAT(not_allowed.header("Allow"), ContainsSubstring("POST"));
    require_error(client.ask(make_request("GET", "/v20")), 404, "NOT_FOUND");

    connection large(server.port());
    large.send("POST /v2/models/resnet50/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
    require_protocol_error(large.read(), 413, "larger than the limit");
}

TEST_CASE("a request's own timeout is its deadline", "[protocol]") {
    auto const text = tensor_json + R"(, "parameters": {"timeout": 1}})";
    auto const response = shared_server().ask(infer_binary(text, zeros));
    require_protocol_error(response, 504, "deadline");
    require_idle(shared_server());
}

TEST_CASE("a server without a model is live and not ready", "[protocol]") {
    server_process const server(server_process::options{{"--weights", "/nonexistent.safetensors"}, {}, false});
    REQUIRE(server.wait_for_status("failed"));
    CHECK(server.get("/v2/health/live").body == R"({"live": true})");
    for (auto const* target : {"/v2/health/ready", "/v2/models/resnet50/ready"}) {
        auto const response = server.get(target);
        CHECK(response.status == 503);
        CHECK(response.body == R"({"ready": false})");
    }
    CHECK(server.get("/v2").status == 200);
    require_protocol_error(server.get("/v2/models/resnet50"), 503, "could not be loaded");
    require_protocol_error(server.ask(infer_json("{}")), 503, "could not be loaded");
}

TEST_CASE("more images than the queue holds are refused as a whole", "[protocol]") {
    server_process const server(narrow({"--max-queue-size", "2", "--max-batch-size", "2"}));
    std::string const three =
        R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [3, 3, 224, 224], "parameters": {"binary_data_size": 1806336}}]})";
    require_protocol_error(server.ask(infer_binary(three, zeros + zeros + zeros)), 400, "expected 1 to 2");
    require_answer(server.ask(infer_binary(tensor_json + "}", zeros)));
    require_idle(server);
}

TEST_CASE("a forward pass that takes longer than the watchdog allows turns liveness off", "[protocol]") {
    server_process const server({"--watchdog-ms", "100", "--max-batch-size", "32", "--precision", "fp32"});
    std::string many;
    for (int i = 0; i < 32; ++i) many += zeros;
    std::thread busy([&] {
        server.ask(infer_binary(
            R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [32, 3, 224, 224], "parameters": {"binary_data_size": 19267584}}]})",
            many));
    });
    connection client(server.port());
    bool const turned_off = eventually(
        [&] {
            auto const live = client.ask(make_request("GET", "/v2/health/live"));
            if (live.status == 200) return false;
            CHECK(live.status == 503);
            CHECK(live.body == R"({"live": false})");
            return true;
        },
        patience);
    busy.join();
    CHECK(turned_off);
    CHECK(eventually([&] { return server.get("/v2/health/live").status == 200; }, patience));
}
