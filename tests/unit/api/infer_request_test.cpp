#include "inference_protocol/infer_request.hpp"

#include "catch_result.hpp"

#include <cstring>

using namespace sma;
using namespace sma::api::inference_protocol;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Two rows of one pixel, three classes.
request_rules rules() { return {2, 1, 3, 2, 10}; }
constexpr std::size_t image_bytes = 24;

std::string bytes_of(std::vector<float> const& numbers) {
    return {reinterpret_cast<char const*>(numbers.data()), numbers.size() * sizeof(float)};
}

std::string element(std::string_view bytes) {
    auto const length = static_cast<std::uint32_t>(bytes.size());
    std::string out(sizeof length, '\0');
    std::memcpy(out.data(), &length, sizeof length);
    return out.append(bytes);
}

std::string input_json(std::string const& members) { return R"({"inputs": [{)" + members + "}]}"; }
std::string tensor_json(std::string const& rest) {
    return input_json(R"("name": "input", "datatype": "FP32", "shape": [1, 3, 2, 1], )" + rest);
}
std::string image_json(std::string const& rest, int n = 1) {
    return input_json(R"("name": "image", "datatype": "BYTES", "shape": [)" + std::to_string(n) + "], " + rest);
}
std::string binary_size(std::size_t bytes) {
    return R"("parameters": {"binary_data_size": )" + std::to_string(bytes) + "}";
}

result<infer_request> read(std::string_view json, std::string_view binary = {}) {
    return read_infer_request({json, binary}, rules());
}

std::string refusal(std::string_view json, std::string_view binary = {}, errc code = errc::validation_error) {
    INFO(json);
    auto const r = read(json, binary);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == code);
    return r.error().message;
}

}  // namespace

TEST_CASE("a body is cut where the header says", "[oip]") {
    std::string_view const body = "{}tail";
    auto const whole = split_body(body, "");
    REQUIRE(whole);
    CHECK(whole->json == body);
    CHECK(whole->binary.empty());
    auto const cut = split_body(body, "2");
    REQUIRE(cut);
    CHECK(cut->json == "{}");
    CHECK(cut->binary == "tail");
    auto const raw = split_body(body, "0");
    REQUIRE(raw);
    CHECK_FALSE(raw->json);
    CHECK(raw->binary == body);
    CHECK(split_body(body, "6")->binary.empty());
    for (auto const* lie : {"7", "-1", "2x", " 2", "0x2", "99999999999999999999999", "two"}) {
        INFO(lie);
        auto const refused = split_body(body, lie);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == errc::malformed_request);
        CHECK_THAT(refused.error().message, ContainsSubstring("Inference-Header-Content-Length"));
    }
}

TEST_CASE("images come as base64 or as length and bytes", "[oip]") {
    auto const text = image_json(R"("data": ["Zm9v", ["YmFy"]])", 2);
    auto const from_json = read(text);
    REQUIRE(from_json);
    CHECK(from_json->content == serving::image_content::file);
    CHECK(from_json->images == std::vector<std::string_view>{"foo", "bar"});
    auto const binary = element("foo") + element("");
    auto const from_binary = read(image_json(binary_size(binary.size()), 2), binary);
    REQUIRE(from_binary);
    CHECK(from_binary->images == std::vector<std::string_view>{"foo", ""});
}

TEST_CASE("normalized images come as numbers or as bytes, and are cut one by one", "[oip]") {
    std::vector<float> const numbers{1, 2, 3, 4, 5, 6.5F, -1, -2, -3, -4, -5, -6};
    auto const bytes = bytes_of(numbers);
    auto const from_binary =
        read(input_json(R"("name": "input", "datatype": "FP32", "shape": [2, 3, 2, 1], )" + binary_size(48)), bytes);
    REQUIRE(from_binary);
    CHECK(from_binary->content == serving::image_content::planes);
    REQUIRE(from_binary->images.size() == 2);
    CHECK(from_binary->images[0] == std::string_view(bytes).substr(0, image_bytes));
    CHECK(from_binary->images[1] == std::string_view(bytes).substr(image_bytes));
    auto const from_json = read(tensor_json(R"("data": [[[[1], [2]], [[3], [4]], [[5], [6.5]]]])"));
    REQUIRE(from_json);
    REQUIRE(from_json->images.size() == 1);
    CHECK(from_json->images[0] == std::string_view(bytes).substr(0, image_bytes));
}

TEST_CASE("the views survive a move of the request", "[oip]") {
    auto r = read(image_json(R"("data": ["Zm9v"])"));
    REQUIRE(r);
    auto const moved = std::move(*r);
    CHECK(moved.images[0] == "foo");
}

TEST_CASE("without JSON the size tells a tensor from a file", "[oip]") {
    auto const tensor = read_infer_request({std::nullopt, bytes_of(std::vector<float>(12, 1))}, rules());
    REQUIRE(tensor);
    CHECK(tensor->content == serving::image_content::planes);
    CHECK(tensor->images.size() == 2);
    CHECK(tensor->outputs.at(0).binary);
    CHECK(tensor->outputs.at(1).binary);
    auto const file = read_infer_request({std::nullopt, "a file"}, rules());
    REQUIRE(file);
    CHECK(file->content == serving::image_content::file);
    CHECK(file->images == std::vector<std::string_view>{"a file"});
    CHECK(read_infer_request({std::nullopt, ""}, rules()).error().code == errc::validation_error);
    CHECK(read_infer_request({std::nullopt, std::string(3 * image_bytes, 'x')}, rules()).error().code ==
          errc::validation_error);
    CHECK(read_infer_request({std::nullopt, "longer than ten"}, rules()).error().code == errc::file_too_large);
}

TEST_CASE("outputs are both unless some are asked for, each in its form", "[oip]") {
    auto const with = [](std::string const& more) {
        auto const text =
            R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["Zg=="]}])" + more + "}";
        auto r = read(text);
        REQUIRE(r);
        return std::move(r->outputs);
    };
    auto const both = with("");
    REQUIRE(both.size() == 2);
    CHECK(both[0].kind == output_kind::logits);
    CHECK(both[1].kind == output_kind::probabilities);
    CHECK_FALSE((both[0].binary || both[1].binary));
    CHECK(with(R"(, "outputs": [])").size() == 2);
    CHECK(with(R"(, "parameters": {"binary_data_output": true})")[1].binary);

    auto const chosen = with(R"(, "parameters": {"binary_data_output": true}, "outputs":
        [{"name": "probabilities", "parameters": {"classification": 99}},
         {"name": "logits", "parameters": {"binary_data": false, "classification": 0}}])");
    REQUIRE(chosen.size() == 2);
    CHECK(chosen[0].kind == output_kind::probabilities);
    CHECK(chosen[0].binary);
    CHECK(chosen[0].top_k == 3);  // there are no more classes
    CHECK(chosen[1].kind == output_kind::logits);
    CHECK_FALSE(chosen[1].binary);
    CHECK(chosen[1].top_k == 0);
    CHECK(with(R"(, "parameters": {"classification": 2}, "outputs": [{"name": "logits"}])")[0].top_k == 2);
}

TEST_CASE("features are computed only where an output asks for them", "[oip]") {
    auto const asking = [](std::string const& outputs) {
        auto const image = R"("inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["YQ=="]}])";
        return "{" + std::string(image) + outputs + "}";
    };
    CHECK_FALSE(read(asking(""))->wanted().any());
    auto const both = read(asking(R"(, "outputs": [{"name": "embedding", "parameters": {"normalize": "l2"}},
        {"name": "activation_map", "parameters": {"top_k": 2, "binary_data": true}}])"));
    REQUIRE(both);
    REQUIRE(both->outputs.size() == 2);
    CHECK(both->outputs[0].l2);
    CHECK_FALSE(both->outputs[0].binary);
    CHECK(both->outputs[1].maps == 2);
    CHECK(both->outputs[1].binary);
    CHECK(both->wanted().embedding);
    CHECK(both->wanted().activation_maps == 2);
    auto const plain = read(asking(R"(, "outputs": [{"name": "embedding"}, {"name": "activation_map"}],
        "parameters": {"classification": 2})"));
    REQUIRE(plain);
    CHECK_FALSE(plain->outputs[0].l2);
    CHECK(plain->outputs[0].top_k == 0);
    CHECK(plain->outputs[1].maps == 1);
    // There are three classes.
    CHECK(read(asking(R"(, "outputs": [{"name": "activation_map", "parameters": {"top_k": 10}}])"))->outputs[0].maps ==
          3);
    for (auto const* wrong : {R"({"name": "activation_map", "parameters": {"top_k": 0}})",
                              R"({"name": "activation_map", "parameters": {"top_k": 11}})",
                              R"({"name": "activation_map", "parameters": {"classification": 1}})",
                              R"({"name": "embedding", "parameters": {"normalize": "l1"}})",
                              R"({"name": "embedding", "parameters": {"normalize": 2}})"})
        CHECK_FALSE(refusal(asking(R"(, "outputs": [)" + std::string(wrong) + "]")).empty());
}

TEST_CASE("id and timeout are carried", "[oip]") {
    auto const r = read(R"({"id": "", "parameters": {"timeout": 2500}, "inputs":
        [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["Zg=="]}]})");
    REQUIRE(r);
    CHECK(r->id == "");
    CHECK(r->timeout == std::chrono::microseconds(2500));
    auto const none = read(R"({"parameters": {"timeout": 0}, "inputs":
        [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["Zg=="]}]})");
    REQUIRE(none);
    CHECK_FALSE(none->id);
    CHECK_FALSE(none->timeout);
    CHECK(read(R"({"parameters": {"timeout": 9223372036854775807}, "inputs":
        [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["Zg=="]}]})")
              ->timeout == std::chrono::hours(24));
}

TEST_CASE("every request that makes no sense is told what was expected", "[oip]") {
    for (auto const& [text, part] : std::vector<std::pair<std::string, std::string>>{
             {"{}", "0 inputs: expected either `image`"},
             {R"({"inputs": []})", "0 inputs"},
             {R"({"inputs": [{"name": "image"}, {"name": "input"}]})", "2 inputs"},
             {input_json(R"("datatype": "FP32")"), "no `name`"},
             {input_json(R"("name": "data")"),
              "unknown input `data`: expected either `image` (BYTES, shape [n]) or `input` (FP32, shape [n, 3, 2, 1])"},
             {input_json(R"("name": "image", "shape": [1], "data": [])"), "datatype is missing, expected BYTES"},
             {input_json(R"("name": "image", "datatype": "FP32", "shape": [1], "data": [])"),
              "is FP32, expected BYTES"},
             {input_json(R"("name": "input", "datatype": "FP16", "shape": [1, 3, 2, 1], "data": [])"),
              "is FP16, expected FP32"},
             {input_json(R"("name": "image", "datatype": "BYTES", "data": [])"), "shape is missing"},
             {input_json(R"("name": "image", "datatype": "BYTES", "shape": [1, 1], "data": ["Zg=="])"),
              "[1, 1], expected [n]"},
             {input_json(R"("name": "image", "datatype": "BYTES", "shape": [], "data": ["Zg=="])"), "[], expected [n]"},
             {input_json(R"("name": "image", "datatype": "BYTES", "shape": [0], "data": [])"),
              "0 images, expected 1 to 2"},
             {input_json(R"("name": "image", "datatype": "BYTES", "shape": [-1], "data": [])"),
              "-1 images, expected 1 to 2"},
             {input_json(R"("name": "image", "datatype": "BYTES", "shape": [9223372036854775807], "data": [])"),
              "expected 1 to 2"},
             {input_json(R"("name": "input", "datatype": "FP32", "shape": [3, 2, 1], "data": [])"),
              "[3, 2, 1], expected [n, 3, 2, 1]"},
             {input_json(R"("name": "input", "datatype": "FP32", "shape": [1, 2, 1, 3], "data": [])"),
              "expected [n, 3, 2, 1]"},
             {input_json(R"("name": "input", "datatype": "FP32", "shape": [1, -3, 2, 1], "data": [])"),
              "expected [n, 3, 2, 1]"},
             {input_json(R"("name": "input", "datatype": "FP32", "shape": [4611686018427387904, 3, 2, 1], "data": [])"),
              "expected 1 to 2"},
             {image_json(R"("data": ["Zg==", "Zg=="])"), "2 strings, expected 1"},
             {image_json(R"("data": [1])"), "0 strings and numbers too, expected 1"},
             {image_json(R"("data": ["Zg==", "!"])", 2), "element 1 of `data` is not base64"},
             {tensor_json(R"("data": [1, 2, 3, 4, 5])"), "5 numbers, expected 6"},
             {tensor_json(R"("data": [1, 2, 3, 4, 5, 6, 7])"), "7 numbers, expected 6"},
             {tensor_json(R"("data": ["Zg=="])"), "strings too"},
             {image_json(R"("x": 1)"), "either `data` in the JSON or the parameter `binary_data_size`"},
             {image_json(R"("data": ["Zg=="], "parameters": {"binary_data_size": 0})"), "either `data`"},
             {image_json(binary_size(4)), "binary_data_size is 4, but 0 bytes follow"}}) {
        CHECK_THAT(refusal(text), ContainsSubstring(part));
    }
    std::string const one =
        R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["Zg=="]}], "outputs": )";
    CHECK_THAT(refusal(one + R"([{"name": "scores"}]})"),
               ContainsSubstring("unknown output `scores`: expected `logits`, "));
    CHECK_THAT(refusal(one + "[{}]}"), ContainsSubstring("an output has no `name`"));
    CHECK_THAT(refusal(one + R"([{"name": "logits"}, {"name": "logits"}]})"), ContainsSubstring("requested twice"));
    CHECK_THAT(refusal(image_json(R"("data": ["bG9uZ2VyIHRoYW4gdGVu"])"), {}, errc::file_too_large),
               ContainsSubstring("max_image_bytes"));
}

TEST_CASE("binary data whose lengths lie is refused", "[oip]") {
    auto const huge = std::string("\xff\xff\xff\xff", 4) + "abc";
    for (auto const& binary : {std::string("\3\0\0", 3), std::string("\3\0\0\0ab", 6), element("abc") + "x",
                               element("abc") + element("d"), huge}) {
        auto const text = image_json(binary_size(binary.size()));
        CHECK_THAT(refusal(text, binary), ContainsSubstring("does not hold 1 elements"));
    }
    auto const good = element("abc");
    CHECK_THAT(refusal(image_json(binary_size(good.size() + 1)), good), ContainsSubstring("is 8, but 7 bytes follow"));
    CHECK_THAT(refusal(image_json(binary_size(good.size() - 1)), good), ContainsSubstring("is 6, but 7 bytes follow"));
    CHECK_THAT(refusal(image_json(R"("data": ["Zg=="])"), "rest"), ContainsSubstring("is 0, but 4 bytes follow"));
    CHECK_THAT(refusal(tensor_json(binary_size(20)), std::string(20, 'x')), ContainsSubstring("is 20, expected 24"));
}
