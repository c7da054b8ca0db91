// Tests of the Open Inference Protocol on the real program: what its clients send and read.
#include "bodies.hpp"
#include "checks.hpp"
#include "protocol_requests.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <cmath>

using namespace sma::test;
using Catch::Approx;
using Catch::Matchers::EndsWith;
namespace json = boost::json;

namespace {

constexpr std::size_t classes = 12;
std::string const tensor_head = R"("name": "input", "datatype": "FP32", "shape": [1, 3, 224, 224])";

/// What image and tensor of one picture may differ by: one rounding of a normalized value to bf16.
constexpr double tolerance = 0.03;

void require_close(std::vector<float> const& a, std::vector<float> const& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        INFO("value " << i);
        CHECK(a[i] == Approx(b[i]).margin(tolerance));
    }
}

std::string image_json(std::vector<std::string> const& files, std::string const& more = "") {
    std::string data;
    for (auto const& file : files) data += (data.empty() ? "\"" : ", \"") + encode_base64(file) + "\"";
    return R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [)" + std::to_string(files.size()) +
           "], \"data\": [" + data + "]}]" + more + "}";
}

}  // namespace

TEST_CASE("server, model and configuration are described as the protocol has it", "[protocol]") {
    auto const& server = shared_server();
    for (auto const* target : {"/v2", "/v2/"}) {
        auto const metadata = require_json(server.get(target));
        CHECK(metadata.at("name").as_string() == "simple-model-api");
        CHECK_FALSE(metadata.at("version").as_string().empty());
        CHECK(metadata.at("extensions").as_array().size() >= 4);
    }
    for (std::string const version : {"", "/versions/1"}) {
        INFO("version: " << version);
        auto const model = require_json(server.get("/v2/models/resnet50" + version));
        CHECK(model.at("name").as_string() == "resnet50");
        CHECK(json::serialize(model.at("versions")) == R"(["1"])");
        CHECK_FALSE(model.at("platform").as_string().empty());
        for (auto const& [tensors, count] : {std::pair{"inputs", 2U}, std::pair{"outputs", 4U}}) {
            REQUIRE(model.at(tensors).as_array().size() == count);
            for (auto const& tensor : model.at(tensors).as_array())
                CHECK(keys(tensor.as_object()) == std::vector<std::string>{"name", "datatype", "shape"});
        }
        CHECK(json::serialize(model.at("inputs").at(1).at("shape")) == "[-1,3,224,224]");
        CHECK(json::serialize(model.at("outputs").at(0).at("shape")) == "[-1,12]");

        auto const config = require_json(server.get("/v2/models/resnet50" + version + "/config"));
        CHECK(config.at("max_batch_size").to_number<int>() == 8);
        CHECK(config.at("input").as_array().size() == 2);
        CHECK(config.at("output").as_array().size() == 4);
        auto const ready = server.get("/v2/models/resnet50" + version + "/ready");
        CHECK(ready.status == 200);
        CHECK(ready.body == R"({"ready": true})");
    }
    for (auto const* what : {"live", "ready"}) {
        auto const response = server.get(std::string("/v2/health/") + what);
        CHECK(response.status == 200);
        CHECK(response.body == "{\"" + std::string(what) + "\": true}");
        CHECK(response.header("Cache-Control") == "no-store");
        require_common_headers(response);
    }
}

TEST_CASE("one picture gives one answer, however it is sent", "[protocol]") {
    connection client(shared_server().port());
    auto const picture = make_picture(3);
    auto const file = element(picture.file);
    auto const tensor = bytes_of(picture.tensor);

    auto const from_base64 = require_answer(client.ask(infer_json(image_json({picture.file}))));
    auto const& logits = from_base64.output("logits").numbers;
    REQUIRE(from_base64.outputs.size() == 2);
    REQUIRE(logits.size() == classes);
    CHECK(from_base64.output("logits").shape == std::vector<std::int64_t>{1, classes});

    SECTION("BYTES, binary") {
        auto const answer = require_answer(client.ask(infer_binary(
            R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": )" +
                std::to_string(file.size()) + "}}]}",
            file)));
        CHECK(answer.output("logits").numbers == logits);
    }
    SECTION("FP32, binary") {
        auto const answer = require_answer(client.ask(infer_binary(
            R"({"inputs": [{)" + tensor_head + R"(, "parameters": {"binary_data_size": 602112}}]})", tensor)));
        require_close(answer.output("logits").numbers, logits);
    }
    SECTION("FP32, numbers in JSON, flat and nested, agree with binary to the bit") {
        auto const binary = require_answer(client.ask(infer_binary(
            R"({"inputs": [{)" + tensor_head + R"(, "parameters": {"binary_data_size": 602112}}]})", tensor)));
        for (bool const nested : {false, true}) {
            auto const answer = require_answer(client.ask(infer_json(
                R"({"inputs": [{)" + tensor_head + R"(, "data": )" + json_numbers(picture.tensor, nested) + "}]}")));
            CHECK(answer.output("logits").numbers == binary.output("logits").numbers);
        }
        require_close(binary.output("logits").numbers, logits);
    }
    SECTION("raw, without JSON: a tensor, or a file") {
        for (auto const& [body, exact] : {std::pair<std::string, bool>{tensor, false}, {picture.file, true}}) {
            auto const answer = require_answer(client.ask(
                make_request("POST", "/v2/models/resnet50/infer", {{"Inference-Header-Content-Length", "0"}}, body)));
            CHECK(answer.output("logits").binary);
            require_close(answer.output("logits").numbers, logits);
            if (exact) CHECK(answer.output("logits").numbers == logits);
        }
    }
    SECTION("/predict says the same") {
        auto const predicted = require_prediction(client.ask(post_image("/predict?top_k=10", picture.file)), 10);
        auto const& probabilities = from_base64.output("probabilities").numbers;
        double sum = 0;
        for (auto const p : probabilities) sum += p;
        CHECK(sum == Approx(1).margin(1e-5));
        for (auto const& one : predicted.at("predictions").as_array()) {
            auto const index = one.at("class_index").to_number<std::size_t>();
            CHECK(probabilities.at(index) == Approx(one.at("confidence").to_number<double>()).margin(2e-6));
        }
    }
    SECTION("the tensors come back in binary, with the same bits") {
        auto const answer = require_answer(
            client.ask(infer_json(image_json({picture.file}, R"(, "parameters": {"binary_data_output": true})"))));
        for (auto const* name : {"logits", "probabilities"}) {
            CHECK(answer.output(name).binary);
            CHECK(answer.output(name).numbers == from_base64.output(name).numbers);
        }
        auto const mixed = require_answer(client.ask(infer_json(image_json(
            {picture.file},
            R"(, "outputs": [{"name": "probabilities"}, {"name": "logits", "parameters": {"binary_data": true}}])"))));
        CHECK(mixed.outputs[0].name == "probabilities");
        CHECK_FALSE(mixed.outputs[0].binary);
        CHECK(mixed.outputs[1].binary);
        CHECK(mixed.outputs[1].numbers == logits);
    }
}

TEST_CASE("classification gives the classes by name", "[protocol]") {
    auto const file = sample_bytes("star-1.jpg");
    connection client(shared_server().port());
    auto const predicted = require_prediction(client.ask(post_image("/predict?top_k=3", file)), 3);
    for (bool const binary : {false, true}) {
        auto const answer = require_answer(client.ask(infer_json(image_json(
            {file},
            R"(, "id": "a\"b", "outputs": [{"name": "probabilities", "parameters": {"classification": 3, "binary_data": )" +
                std::string(binary ? "true" : "false") + "}}]"))));
        CHECK(answer.json.at("id").as_string() == "a\"b");
        REQUIRE(answer.outputs.size() == 1);
        auto const& output = answer.outputs[0];
        CHECK(output.binary == binary);
        CHECK(output.datatype == "BYTES");
        CHECK(output.shape == std::vector<std::int64_t>{1, 3});
        REQUIRE(output.texts.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            auto const& one = predicted.at("predictions").at(i).as_object();
            auto const tail = ":" + std::to_string(one.at("class_index").to_number<int>()) + ":" +
                              std::string(one.at("class_name").as_string());
            CHECK_THAT(output.texts[i], EndsWith(tail));
            CHECK(std::stod(output.texts[i]) == Approx(one.at("confidence").to_number<double>()).margin(2e-6));
        }
    }
}

TEST_CASE("n items are answered in order, and count as n", "[protocol]") {
    auto const& server = shared_server();
    std::vector<std::string> files;
    std::string tensors;
    std::vector<float> expected;
    constexpr unsigned count = 11;  // more than one batch
    for (unsigned i = 0; i < count; ++i) {
        auto const picture = make_picture(i);
        files.push_back(picture.file);
        tensors += bytes_of(picture.tensor);
        auto const one = require_answer(server.ask(infer_json(image_json({picture.file}))));
        auto const& logits = one.output("logits").numbers;
        expected.insert(expected.end(), logits.begin(), logits.end());
    }
    auto const before = server.metrics().sum("images_total");
    auto const from_files = require_answer(server.ask(infer_json(image_json(files))));
    CHECK(from_files.output("logits").shape == std::vector<std::int64_t>{count, classes});
    require_close(from_files.output("logits").numbers, expected);
    CHECK(server.metrics().sum("images_total") == before + count);

    auto const from_tensors = require_answer(server.ask(infer_binary(
        R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [11, 3, 224, 224], "parameters": {"binary_data_size": )" +
            std::to_string(tensors.size()) + R"(}}], "parameters": {"binary_data_output": true}})",
        tensors)));
    require_close(from_tensors.output("logits").numbers, expected);
    require_idle(server);
}

TEST_CASE("statistics count what was done", "[protocol]") {
    auto const& server = shared_server();
    auto const stats = [&](std::string const& target) {
        auto const object = require_json(server.get(target));
        REQUIRE(object.at("model_stats").as_array().size() == 1);
        return object.at("model_stats").at(0).as_object();
    };
    auto const number = [](json::value const& v) { return v.to_number<std::int64_t>(); };
    auto const before = stats("/v2/models/resnet50/stats");
    auto const file = sample_bytes();
    require_answer(server.ask(infer_json(image_json({file, file, file}))));
    CHECK(server.ask(infer_json(image_json({"no image"}))).status == 400);
    for (auto const* target :
         {"/v2/models/resnet50/stats", "/v2/models/resnet50/versions/1/stats", "/v2/models/stats"}) {
        INFO(target);
        auto const now = stats(target);
        CHECK(now.at("name").as_string() == "resnet50");
        CHECK(now.at("version").as_string() == "1");
        CHECK(number(now.at("inference_count")) - number(before.at("inference_count")) == 3);
        CHECK(number(now.at("execution_count")) > number(before.at("execution_count")));
        CHECK(number(now.at("last_inference")) > 1'600'000'000'000);
        auto const& requests = now.at("inference_stats").as_object();
        auto const& earlier = before.at("inference_stats").as_object();
        CHECK(number(requests.at("success").at("count")) - number(earlier.at("success").at("count")) == 1);
        CHECK(number(requests.at("fail").at("count")) - number(earlier.at("fail").at("count")) == 1);
        for (auto const* part : {"queue", "compute_input", "compute_infer", "compute_output"})
            CHECK(number(requests.at(part).at("count")) == number(requests.at("success").at("count")));
        CHECK(number(requests.at("compute_infer").at("ns")) > number(earlier.at("compute_infer").at("ns")));
        std::int64_t executions = 0;
        for (auto const& batch : now.at("batch_stats").as_array())
            executions += number(batch.at("compute_infer").at("count"));
        CHECK(executions == number(now.at("execution_count")));
    }
}

TEST_CASE("what Triton's Python client sends is understood as it is", "[protocol]") {
    auto const picture = make_picture(5);
    auto const tensor = bytes_of(picture.tensor);
    connection client(shared_server().port());
    auto const send = [&](std::string const& target, std::string const& text, std::string const& tensors) {
        return client.ask(
            "POST " + target + " HTTP/1.1\r\nUser-Agent: python/gevent-http-client-2.0.2\r\nContent-Length: " +
            std::to_string(text.size() + tensors.size()) +
            "\r\nConnection: keep-alive\r\nInference-Header-Content-Length: " + std::to_string(text.size()) +
            "\r\nHost: localhost:8000\r\n\r\n" + text + tensors);
    };
    auto const plain = require_answer(send(
        "/v2/models/resnet50/infer",
        R"({"inputs":[{"name":"input","shape":[1,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":602112}}],"parameters":{"binary_data_output":true}})",
        tensor));
    CHECK(plain.output("logits").binary);
    auto const chosen = require_answer(send(
        "/v2/models/resnet50/versions/1/infer",
        R"({"id":"7","parameters":{"sequence_id":1,"sequence_start":true,"sequence_end":false,"priority":2,"timeout":20000000},"inputs":[{"name":"input","shape":[1,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":602112}}],"outputs":[{"name":"probabilities","parameters":{"classification":2,"binary_data":true}},{"name":"logits","parameters":{"binary_data":false}}]})",
        tensor));
    CHECK(chosen.json.at("id").as_string() == "7");
    CHECK(chosen.output("probabilities").texts.size() == 2);
    CHECK(chosen.output("logits").numbers == plain.output("logits").numbers);
    for (auto const* target : {"v2/health/live", "v2/health/ready", "v2/models/resnet50/ready", "v2",
                               "v2/models/resnet50", "v2/models/resnet50/config", "v2/models/resnet50/stats"})
        CHECK(client
                  .ask("GET /" + std::string(target) +
                       " HTTP/1.1\r\nUser-Agent: python/gevent-http-client-2.0.2\r\nConnection: keep-alive\r\nHost: "
                       "localhost:8000\r\n\r\n")
                  .status == 200);
}

TEST_CASE("the model's name is a setting", "[protocol]") {
    server_process const server(narrow({"--model-name", "my_net"}));
    CHECK(server.get("/v2/models/my_net/ready").status == 200);
    CHECK(require_json(server.get("/v2/models/my_net")).at("name").as_string() == "my_net");
    require_protocol_error(server.get("/v2/models/resnet50"), 404, "my_net");
}
