#include "inference_protocol/request_document.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::api::inference_protocol;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr document_limits small{12, 3, 2};

result<request_document> parse(std::string_view text) { return parse_document(text, small); }

error failure_of(std::string_view text) {
    INFO(text);
    auto const parsed = parse(text);
    REQUIRE_FALSE(parsed);
    return parsed.error();
}

}  // namespace

TEST_CASE("a request's members are found in any order, and what is not known is skipped", "[oip]") {
    auto const parsed = parse(R"({"outputs": [{"parameters": {"binary_data": true, "classification": 3, "x": []},
                                               "name": "logits"}],
                                  "extra": {"inputs": [1, {"data": [null]}], "id": 4},
                                  "inputs": [{"data": [1, -2.5, 3e2], "parameters": {"binary_data_size": 7, "y": {}},
                                              "datatype": "FP32", "unknown": [[1]], "shape": [1, -2], "name": "a\u0062c"}],
                                  "parameters": {"timeout": 1500, "binary_data_output": false, "classification": 2,
                                                 "sequence_id": 0, "text": "t"},
                                  "id": "4\"2"} )");
    REQUIRE(parsed);
    CHECK(parsed->id == "4\"2");
    CHECK(parsed->timeout_us == 1500U);
    CHECK(parsed->binary_data_output == false);
    CHECK(parsed->classification == 2U);
    REQUIRE(parsed->inputs.size() == 1);
    auto const& input = parsed->inputs[0];
    CHECK(input.name == "abc");
    CHECK(input.datatype == "FP32");
    CHECK(input.shape == std::vector<std::int64_t>{1, -2});
    CHECK(input.binary_data_size == 7U);
    CHECK(input.has_data);
    CHECK(input.numbers == std::vector<float>{1, -2.5F, 300});
    REQUIRE(parsed->outputs.size() == 1);
    CHECK(parsed->outputs[0].name == "logits");
    CHECK(parsed->outputs[0].binary_data == true);
    CHECK(parsed->outputs[0].classification == 3U);
}

TEST_CASE("an id of null is none, and a byte order mark is skipped", "[oip]") {
    auto const parsed = parse(
        "\xef\xbb\xbf"
        R"({"id": null, "inputs": [{"data": ["Zm9v"]}]})");
    REQUIRE(parsed);
    CHECK_FALSE(parsed->id);
    CHECK(parsed->inputs[0].files == std::vector<std::string>{"foo"});
    CHECK(failure_of("\xef\xbb\xbf\xef\xbb\xbf{}").code == errc::malformed_request);
}

TEST_CASE("nested data is flattened in the order written", "[oip]") {
    auto const parsed = parse(R"({"inputs": [{"name": "x", "data": [[[1, 2], [3]], [], 4, [[[5.5]]]]}]})");
    REQUIRE(parsed);
    CHECK(parsed->inputs[0].numbers == std::vector<float>{1, 2, 3, 4, 5.5F});
}

TEST_CASE("numbers are read as the nearest FP32 value", "[oip]") {
    auto const parsed = parse(R"({"inputs": [{"data": [0.1, 16777217, 9007199254740993, -3.4028234e38, 1e-50, -0.0,
                                                       123456789012345678901234567890, 2.2250738585072014e-308]}]})");
    REQUIRE(parsed);
    CHECK(parsed->inputs[0].numbers ==
          std::vector<float>{0.1F, 16777216, 9007199254740992.0F, -3.4028234e38F, 0, 0, 1.2345679e29F, 0});
}

TEST_CASE("strings are read as base64, escaped slashes included", "[oip]") {
    auto const parsed = parse(R"({"inputs": [{"data": ["Zm9v", "\/\/8=", "not base64"]}]})");
    REQUIRE(parsed);
    CHECK(parsed->inputs[0].files == std::vector<std::string>{"foo", "\xff\xff", ""});
    CHECK(parsed->inputs[0].first_not_base64 == 2U);
}

TEST_CASE("JSON that is not is refused with the place", "[oip]") {
    for (auto const* text : {"", "{", "{\"inputs\": [}", "{} x", "{\"id\": \"\xff\"}",
                             "{\"inputs\": [{\"data\": [1,]}]}", "{\"inputs\": [{\"data\": [NaN]}]}", "nul"}) {
        auto const failure = failure_of(text);
        CHECK(failure.code == errc::malformed_request);
        CHECK_THAT(failure.message, ContainsSubstring("not valid JSON"));
    }
}

TEST_CASE("JSON nested without end is refused early, wherever it stands", "[oip]") {
    std::string const deep(10'000, '[');
    for (auto const& text : {R"({"inputs": [{"data": )" + deep, R"({"other": )" + deep, "{\"id\":" + deep}) {
        auto const failure = failure_of(text);
        CHECK(failure.code == errc::malformed_request);
        CHECK_THAT(failure.message, ContainsSubstring("nested deeper than 16"));
    }
}

TEST_CASE("members of the wrong kind are refused, each by its name", "[oip]") {
    for (auto const& [text, part] : std::vector<std::pair<std::string, std::string>>{
             {"[]", "expected an object"},
             {"7", "expected an object"},
             {R"({"id": 7})", "`id` is not a string"},
             {R"({"inputs": 7})", "`inputs` is not an array"},
             {R"({"outputs": "x"})", "`outputs` is not an array"},
             {R"({"inputs": [7]})", "expected an object"},
             {R"({"inputs": [[]]})", "expected an object"},
             {R"({"inputs": [], "inputs": []})", "duplicate member `inputs`"},
             {R"({"inputs": [{}, {}, {}]})", "too many inputs"},
             {R"({"outputs": [{}, {}, {}]})", "too many outputs"},
             {R"({"inputs": [{"name": null}]})", "`name` is not a string"},
             {R"({"inputs": [{"datatype": 1}]})", "`datatype` is not a string"},
             {R"({"inputs": [{"shape": 1}]})", "`shape` is not an array"},
             {R"({"inputs": [{"shape": [1.5]}]})", "whole numbers"},
             {R"({"inputs": [{"shape": ["1"]}]})", "whole numbers"},
             {R"({"inputs": [{"shape": [[1]]}]})", "flat array"},
             {R"({"inputs": [{"shape": [{}]}]})", "not objects"},
             {R"({"inputs": [{"shape": [18446744073709551615]}]})", "whole numbers"},
             {R"({"inputs": [{"shape": [1], "shape": [1]}]})", "duplicate member `shape`"},
             {R"({"inputs": [{"data": [1], "data": [1]}]})", "duplicate member `data`"},
             {R"({"inputs": [{"data": 1}]})", "`data` is not an array"},
             {R"({"inputs": [{"data": [true]}]})", "numbers or strings"},
             {R"({"inputs": [{"data": [null]}]})", "numbers or strings"},
             {R"({"inputs": [{"data": [{}]}]})", "numbers or strings"},
             {R"({"inputs": [{"data": [1e39]}]})", "FP32's range"},
             {R"({"inputs": [{"data": [1,2,3,4,5,6,7,8,9,10,11,12,13]}]})", "more than 12 numbers"},
             {R"({"inputs": [{"data": ["", "", "", ""]}]})", "more than 3 strings"},
             {R"({"inputs": [{"parameters": {"binary_data_size": -1}}]})", "`binary_data_size`"},
             {R"({"inputs": [{"parameters": {"binary_data_size": "1"}}]})", "`binary_data_size`"},
             {R"({"inputs": [{"parameters": {"shared_memory_region": "r"}}]})", "shared memory"},
             {R"({"outputs": [{"parameters": {"binary_data": 1}}]})", "`binary_data`"},
             {R"({"outputs": [{"parameters": {"classification": -1}}]})", "`classification`"},
             {R"({"parameters": {"timeout": 0.5}})", "`timeout`"},
             {R"({"parameters": {"binary_data_output": "yes"}})", "`binary_data_output`"}}) {
        auto const failure = failure_of(text);
        CHECK(failure.code == errc::validation_error);
        CHECK_THAT(failure.message, ContainsSubstring(part));
    }
}
