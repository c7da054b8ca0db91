#include "inference_protocol/descriptions.hpp"

#include "inference_protocol/protocol_error.hpp"
#include "sma/serving/served_models.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include "catch.hpp"

using namespace sma;
using namespace sma::api::inference_protocol;
namespace json = boost::json;

namespace {

model_facts const facts{"resnet50", "onednn", 224, 224, 1000, 8, 250};

}  // namespace

TEST_CASE("a model without a name is called after its architecture", "[oip]") {
    CHECK(serving::default_model_name("ResNet-50") == "resnet50");
    CHECK(serving::default_model_name("ResNeXt-50 32x4d") == "resnext50_32x4d");
    CHECK(serving::default_model_name("Wide ResNet-101-2") == "wide_resnet101_2");
    CHECK(serving::default_model_name("TorchScript") == "torchscript");
}

TEST_CASE("metadata has the shapes with their batch, the configuration without", "[oip]") {
    auto const server = json::parse(server_metadata("1.2.3"));
    CHECK(server.at("name").as_string() == "simple-model-api");
    CHECK(server.at("version").as_string() == "1.2.3");
    CHECK(server.at("extensions").as_array().size() == 4);

    CHECK(json::parse(model_metadata(facts)) == json::parse(R"({
        "name": "resnet50", "versions": ["1"], "platform": "onednn",
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [-1]},
                   {"name": "input", "datatype": "FP32", "shape": [-1, 3, 224, 224]}],
        "outputs": [{"name": "logits", "datatype": "FP32", "shape": [-1, 1000]},
                    {"name": "probabilities", "datatype": "FP32", "shape": [-1, 1000]}]})"));
    CHECK(json::parse(model_config(facts)) == json::parse(R"({
        "name": "resnet50", "platform": "onednn", "backend": "onednn", "max_batch_size": 8,
        "input": [{"name": "image", "data_type": "TYPE_STRING", "dims": [], "optional": true},
                  {"name": "input", "data_type": "TYPE_FP32", "dims": [3, 224, 224], "optional": true}],
        "output": [{"name": "logits", "data_type": "TYPE_FP32", "dims": [1000]},
                   {"name": "probabilities", "data_type": "TYPE_FP32", "dims": [1000]}],
        "dynamic_batching": {"max_queue_delay_microseconds": 250}})"));
}

TEST_CASE("a model that shows features has outputs for them", "[oip]") {
    auto with_features = facts;
    with_features.features = sma::engine::feature_shape{2048, 7, 7};
    auto const outputs = json::parse(model_metadata(with_features)).at("outputs");
    CHECK(outputs.at(2) == json::parse(R"({"name": "embedding", "datatype": "FP32", "shape": [-1, 2048]})"));
    CHECK(outputs.at(3) == json::parse(R"({"name": "activation_map", "datatype": "FP32", "shape": [-1, -1, 7, 7]})"));
    auto const config = json::parse(model_config(with_features)).at("output");
    CHECK(config.at(2) == json::parse(R"({"name": "embedding", "data_type": "TYPE_FP32", "dims": [2048]})"));
    CHECK(config.at(3) == json::parse(R"({"name": "activation_map", "data_type": "TYPE_FP32", "dims": [-1, 7, 7]})"));
}

TEST_CASE("statistics are Triton's", "[oip]") {
    using namespace std::chrono_literals;
    serving::statistics done(4);
    done.add_success({100ns, 20ns, 30ns, 40ns, 10ns});
    done.add_success({200ns, 50ns, 60ns, 70ns, 20ns});
    done.add_failure(7ns);
    done.add_batch(1, 1, 40ns);
    done.add_batch(3, 2, 70ns);
    auto snapshot = done.read();
    snapshot.last_at = std::chrono::system_clock::time_point(1234ms);
    CHECK(json::parse(model_statistics_json({{"m", snapshot}})) == json::parse(R"({"model_stats": [{
        "name": "m", "version": "1", "last_inference": 1234, "inference_count": 3, "execution_count": 2,
        "inference_stats": {"success": {"count": 2, "ns": 300}, "fail": {"count": 1, "ns": 7},
                            "queue": {"count": 2, "ns": 70}, "compute_input": {"count": 2, "ns": 90},
                            "compute_infer": {"count": 2, "ns": 110}, "compute_output": {"count": 2, "ns": 30},
                            "cache_hit": {"count": 0, "ns": 0}, "cache_miss": {"count": 0, "ns": 0}},
        "batch_stats": [{"batch_size": 1, "compute_input": {"count": 1, "ns": 0},
                         "compute_infer": {"count": 1, "ns": 40}, "compute_output": {"count": 1, "ns": 0}},
                        {"batch_size": 3, "compute_input": {"count": 1, "ns": 0},
                         "compute_infer": {"count": 1, "ns": 70}, "compute_output": {"count": 1, "ns": 0}}]}]})"));
}

TEST_CASE("an error is one string, and what is wrong with the content is 400", "[oip]") {
    auto const full = make_protocol_error(error(errc::queue_full, "say \"later\"", 3), "id");
    CHECK(full.status == 503);
    CHECK(full.body == R"({"error": "say \"later\""})");
    CHECK(full.failure == errc::queue_full);
    REQUIRE(full.headers.size() == 1);
    CHECK(full.headers[0] == std::pair<std::string, std::string>("Retry-After", "3"));
    for (auto const code : {errc::validation_error, errc::preprocessing_failed, errc::unsupported_media_type,
                            errc::malformed_request, errc::empty_file})
        CHECK(make_protocol_error(error(code, "x"), "id").status == 400);
    CHECK(make_protocol_error(error(errc::not_found, "x"), "id").status == 404);
    CHECK(make_protocol_error(error(errc::file_too_large, "x"), "id").status == 413);
    CHECK(make_protocol_error(error(errc::deadline_exceeded, "x"), "id").status == 504);
}
