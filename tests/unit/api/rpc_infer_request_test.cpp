#include "inference_protocol/rpc_infer_request.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::api::inference_protocol;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Two rows of one pixel, three classes.
request_rules rules() { return {2, 1, 3, 2, 10}; }
constexpr std::size_t image_bytes = 24;

rpc_infer_request images(std::vector<std::string> files) {
    rpc_infer_request asked;
    rpc_input input;
    input.name = "image";
    input.datatype = "BYTES";
    input.shape = {static_cast<std::int64_t>(files.size())};
    input.files = std::move(files);
    asked.inputs.push_back(std::move(input));
    return asked;
}

rpc_infer_request planes(std::string_view bytes, std::int64_t count) {
    rpc_infer_request asked;
    rpc_input input;
    input.name = "input";
    input.datatype = "FP32";
    input.shape = {count, 3, 2, 1};
    input.bytes = bytes;
    input.bytes_field = "the size of fp32_contents";
    asked.inputs.push_back(std::move(input));
    return asked;
}

std::string refusal_of(rpc_infer_request asked) {
    auto const read = read_infer_request(asked, rules());
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::validation_error);
    return read.error().message;
}

}  // namespace

TEST_CASE("files of a call are a request's images", "[rpc]") {
    auto asked = images({"one", "two"});
    asked.id = "7";
    auto const request = read_infer_request(asked, rules());
    REQUIRE(request);
    CHECK(request->images == std::vector<std::string_view>{"one", "two"});
    CHECK(request->id == "7");
    REQUIRE(request->outputs.size() == 2);
    CHECK(request->outputs[0].kind == output_kind::logits);
}

TEST_CASE("numbers of a call are not copied", "[rpc]") {
    std::string const bytes(2 * image_bytes, '\0');
    auto asked = planes(bytes, 2);
    auto const request = read_infer_request(asked, rules());
    REQUIRE(request);
    REQUIRE(request->images.size() == 2);
    CHECK(request->images[0].data() == bytes.data());
    CHECK(request->content == serving::image_content::planes);
}

TEST_CASE("parameters of a call are those of JSON", "[rpc]") {
    auto asked = images({"one"});
    asked.parameters = {{"timeout", std::int64_t{5}}, {"unknown", 1.5}};
    asked.outputs = {{"probabilities", {{"classification", std::uint64_t{2}}}},
                     {"embedding", {{"normalize", std::string_view("l2")}}}};
    auto const request = read_infer_request(asked, rules());
    REQUIRE(request);
    CHECK(request->timeout == std::chrono::microseconds(5));
    CHECK(request->outputs[0].top_k == 2);
    CHECK(request->outputs[1].l2);

    asked = images({"one"});
    asked.outputs = {{"probabilities", {{"classification", std::int64_t{-1}}}}};
    CHECK_THAT(refusal_of(std::move(asked)), ContainsSubstring("classification"));
    asked = images({"one"});
    asked.inputs[0].parameters = {{"shared_memory_region", std::string_view("x")}};
    CHECK_THAT(refusal_of(std::move(asked)), ContainsSubstring("shared memory"));
}

TEST_CASE("errors of a call name the fields of its message", "[rpc]") {
    auto asked = images({"one"});
    asked.inputs[0].shape = {2};
    CHECK_THAT(refusal_of(std::move(asked)),
               ContainsSubstring("bytes_contents has 1") && ContainsSubstring("2 elements"));
    std::string const bytes(image_bytes, '\0');
    CHECK_THAT(refusal_of(planes(bytes, 2)), ContainsSubstring("the size of fp32_contents is 24, expected 48 bytes"));
    CHECK_THAT(refusal_of({}), ContainsSubstring("0 inputs"));
    asked = images({"one"});
    asked.outputs.resize(9);
    CHECK_THAT(refusal_of(std::move(asked)), ContainsSubstring("too many outputs"));
}
