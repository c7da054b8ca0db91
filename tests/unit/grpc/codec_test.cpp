#include "codec.hpp"

#include "inference.pb.h"
#include "messages.hpp"

#include "catch_result.hpp"

#include <cstring>

using namespace sma;
using namespace sma::grpc;
using namespace sma::api::inference_protocol;
using Catch::Matchers::ContainsSubstring;

namespace {

rpc_message decoded(procedure which, google::protobuf::Message const& message) {
    ::grpc::Slice const slice(message.SerializeAsString());
    ::grpc::ByteBuffer bytes(&slice, 1);
    ::grpc::ByteBuffer own;
    return decode(which, bytes, own);
}

std::string refusal_of(inference::ModelInferRequest const& request) {
    auto const message = decoded(procedure::model_infer, request);
    REQUIRE_FALSE(message.request);
    CHECK(message.request.error().code == errc::validation_error);
    return message.request.error().message;
}

inference::ModelInferRequest image_request() {
    inference::ModelInferRequest request;
    auto& input = *request.add_inputs();
    input.set_name("image");
    input.set_datatype("BYTES");
    input.add_shape(1);
    return request;
}

template <class Message>
Message encoded(procedure which, rpc_answer const& answer) {
    auto bytes = encode(which, answer);
    Message message;
    REQUIRE(parse(bytes, message));
    return message;
}

}  // namespace

TEST_CASE("a request keeps what its message says", "[grpc]") {
    auto request = image_request();
    request.set_model_name("resnet50");
    request.set_id("seven");
    (*request.mutable_parameters())["timeout"].set_int64_param(5);
    request.mutable_inputs(0)->mutable_contents()->add_bytes_contents("file");
    auto& output = *request.add_outputs();
    output.set_name("probabilities");
    (*output.mutable_parameters())["classification"].set_uint64_param(3);

    auto message = decoded(procedure::model_infer, request);
    CHECK(message.bytes == request.ByteSizeLong());
    REQUIRE(message.request);
    auto const& asked = std::get<rpc_infer_request>(*message.request);
    CHECK(asked.model == "resnet50");
    CHECK(asked.id == "seven");
    REQUIRE(asked.parameters.size() == 1);
    CHECK(std::get<std::int64_t>(asked.parameters.front().value) == 5);
    REQUIRE(asked.inputs.size() == 1);
    CHECK(asked.inputs.front().files == std::vector<std::string>{"file"});
    CHECK_FALSE(asked.inputs.front().bytes);
    REQUIRE(asked.outputs.size() == 1);
    CHECK(std::get<std::uint64_t>(asked.outputs.front().parameters.front().value) == 3);
}

TEST_CASE("numbers are seen where the message has them", "[grpc]") {
    auto request = image_request();
    for (float const number : {1.0F, 2.0F}) request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(number);
    auto const message = decoded(procedure::model_infer, request);
    REQUIRE(message.request);
    auto const bytes = std::get<rpc_infer_request>(*message.request).inputs.front().bytes;
    REQUIRE(bytes);
    REQUIRE(bytes->size() == 2 * sizeof(float));
    float second = 0;
    std::memcpy(&second, bytes->data() + sizeof(float), sizeof second);
    CHECK(second == 2);
}

TEST_CASE("tensors without contents, or with two, are refused", "[grpc]") {
    auto request = image_request();
    CHECK_THAT(refusal_of(request), ContainsSubstring("raw_input_contents"));
    request.mutable_inputs(0)->mutable_contents()->add_int_contents(1);
    CHECK_THAT(refusal_of(request), ContainsSubstring("bytes_contents"));
    request.add_raw_input_contents("raw");
    CHECK_THAT(refusal_of(request), ContainsSubstring("not both"));
    request.mutable_inputs(0)->clear_contents();
    request.add_raw_input_contents("more");
    CHECK_THAT(refusal_of(request), ContainsSubstring("2 entries"));
}

TEST_CASE("bytes that are no message are malformed", "[grpc]") {
    for (auto const& [which, path] : procedure_paths) {
        CAPTURE(path);
        ::grpc::Slice const slice(std::string("\xff\xff\xff"));
        ::grpc::ByteBuffer bytes(&slice, 1);
        ::grpc::ByteBuffer own;
        auto const message = decode(which, bytes, own);
        REQUIRE_FALSE(message.request);
        CHECK(message.request.error().code == errc::malformed_request);
        CHECK(message.bytes == 3);
    }
}

TEST_CASE("outputs are raw, texts behind their length", "[grpc]") {
    rpc_infer_answer answer;
    answer.model = "m";
    answer.id = "7";
    answer.outputs.push_back({"logits", {1, 2}, {1.0F, 2.0F}, {}});
    answer.outputs.push_back({"probabilities", {1, 1}, {}, {"ab"}});
    auto const message = encoded<inference::ModelInferResponse>(procedure::model_infer, rpc_answer(answer));
    CHECK(message.id() == "7");
    CHECK(message.outputs(0).datatype() == "FP32");
    CHECK(message.outputs(0).shape(1) == 2);
    CHECK(message.raw_output_contents(0).size() == 2 * sizeof(float));
    CHECK(message.outputs(1).datatype() == "BYTES");
    CHECK(message.raw_output_contents(1) == std::string("\2\0\0\0ab", 6));
    auto const in_stream =
        encoded<inference::ModelStreamInferResponse>(procedure::model_stream_infer, rpc_answer(answer));
    CHECK(in_stream.infer_response().id() == "7");
    CHECK(in_stream.error_message().empty());
}

TEST_CASE("an error in a stream names its request and its code", "[grpc]") {
    rpc_stream_error const failed{"7", error(errc::queue_full, "the queue is full", 1)};
    auto const message =
        encoded<inference::ModelStreamInferResponse>(procedure::model_stream_infer, rpc_answer(failed));
    CHECK(message.error_message() == "the queue is full");
    CHECK(message.infer_response().id() == "7");
    CHECK(message.infer_response().parameters().at("error-code").string_param() == "QUEUE_FULL");
}

TEST_CASE("the configuration has dimensions without the batch", "[grpc]") {
    model_description model;
    model.name = "m";
    model.max_batch_size = 8;
    model.inputs = {{"input", "FP32", {-1, 3, 224, 224}}};
    model.outputs = {{"logits", "FP32", {-1, 1000}}};
    auto const config = encoded<inference::ModelConfigResponse>(procedure::model_config, rpc_answer(model)).config();
    CHECK(config.max_batch_size() == 8);
    CHECK(config.input(0).dims_size() == 3);
    CHECK(config.input(0).optional());
    CHECK(config.output(0).dims(0) == 1000);
    auto const metadata = encoded<inference::ModelMetadataResponse>(procedure::model_metadata, rpc_answer(model));
    CHECK(metadata.inputs(0).shape(0) == -1);
    CHECK(metadata.versions(0) == "1");
}
