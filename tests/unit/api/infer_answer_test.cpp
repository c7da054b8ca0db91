#include "inference_protocol/infer_answer.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstring>

using namespace sma::api::inference_protocol;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::vector<float>> const rows{{0, 1.5F, -1e-10F}, {2, 2, 1e20F}};
std::vector<std::string> const labels{"cat", "say \"hi\"", "a:b"};

sma::serving::model_instance model_with(std::vector<std::string> names) {
    sma::serving::model_instance model;
    model.labels = std::move(names);
    return model;
}

infer_request asking(std::vector<wanted_output> outputs, std::size_t images = 2) {
    infer_request r;
    r.outputs = std::move(outputs);
    r.images.resize(images);
    return r;
}

inferred of_rows(std::vector<std::vector<float>> logits) {
    inferred what;
    what.rows = std::move(logits);
    return what;
}

float float_at(std::string_view bytes, std::size_t index) {
    float value = 0;
    std::memcpy(&value, bytes.data() + 4 * index, 4);
    return value;
}

}  // namespace

TEST_CASE("numbers are written as text that reads back the same", "[oip]") {
    auto r = asking({{output_kind::logits, false, 0}});
    r.id = "4\"2";
    auto const answer = write_answer(r, "resnet50", of_rows(rows), model_with(labels));
    CHECK_FALSE(answer.json_bytes);
    CHECK(answer.body ==
          R"({"model_name": "resnet50", "model_version": "1", "id": "4\"2", "outputs": [{"name": "logits", )"
          R"("datatype": "FP32", "shape": [2, 3], "data": [0, 1.5, -1e-10, 2, 2, 1e+20]}]})");
}

TEST_CASE("probabilities are the softmax, whatever the size of the logits", "[oip]") {
    auto const answer = write_answer(asking({{output_kind::probabilities, true, 0}}), "m",
                                     of_rows({{0, std::log(3.0F)}, {-1000, 1000}}), model_with({"a", "b"}));
    REQUIRE(answer.json_bytes);
    auto const tensor = std::string_view(answer.body).substr(*answer.json_bytes);
    REQUIRE(tensor.size() == 16);
    CHECK(float_at(tensor, 0) == Approx(0.25));
    CHECK(float_at(tensor, 1) == Approx(0.75));
    CHECK(float_at(tensor, 2) == 0);
    CHECK(float_at(tensor, 3) == 1);
}

TEST_CASE("probabilities are calibrated, logits are those of the network", "[oip]") {
    auto model = model_with({"a", "b"});
    model.calibration = sma::model::confidence_calibration{.temperature = 2, .photos = 100};
    auto const answer = write_answer(asking({{output_kind::probabilities, true, 0}, {output_kind::logits, true, 0}}, 1),
                                     "m", of_rows({{0, 2 * std::log(3.0F)}}), model);
    auto const tensors = std::string_view(answer.body).substr(*answer.json_bytes);
    CHECK(float_at(tensors, 1) == Approx(0.75));
    CHECK(float_at(tensors, 3) == 2 * std::log(3.0F));
}

TEST_CASE("binary tensors stand behind the JSON in the order asked for", "[oip]") {
    auto const answer = write_answer(asking({{output_kind::probabilities, true, 1}, {output_kind::logits, true, 0}}),
                                     "m", of_rows(rows), model_with(labels));
    REQUIRE(answer.json_bytes);
    auto const json = std::string_view(answer.body).substr(0, *answer.json_bytes);
    CHECK(json ==
          R"({"model_name": "m", "model_version": "1", "outputs": [{"name": "probabilities", )"
          R"("datatype": "BYTES", "shape": [2, 1], "parameters": {"binary_data_size": 41}}, )"
          R"({"name": "logits", "datatype": "FP32", "shape": [2, 3], "parameters": {"binary_data_size": 24}}]})");
    auto const binary = std::string_view(answer.body).substr(*answer.json_bytes);
    REQUIRE(binary.size() == 41 + 24);
    CHECK(binary.substr(0, 41) ==
          std::string("\x13\0\0\0", 4) + "0.691438:1:say \"hi\"" + std::string("\x0e\0\0\0", 4) + "1.000000:2:a:b");
    for (std::size_t i = 0; i < 6; ++i) CHECK(float_at(binary.substr(41), i) == rows[i / 3][i % 3]);
}

TEST_CASE("classes are written as value, index and label, best first", "[oip]") {
    auto const answer = write_answer(asking({{output_kind::logits, false, 2}}, 1), "m", of_rows({{-0.25F, 3, 7.125F}}),
                                     model_with(labels));
    CHECK(answer.body == R"({"model_name": "m", "model_version": "1", "outputs": [{"name": "logits", "datatype": )"
                         R"("BYTES", "shape": [1, 2], "data": ["7.125000:2:a:b", "3.000000:1:say \"hi\""]}]})");
    CHECK_FALSE(answer.json_bytes);
}

TEST_CASE("some outputs may be text while others are binary", "[oip]") {
    auto const answer = write_answer(asking({{output_kind::logits, true, 0}, {output_kind::logits, false, 0}}, 1), "m",
                                     of_rows({{1}}), model_with({"a"}));
    REQUIRE(answer.json_bytes);
    CHECK(answer.body.size() == *answer.json_bytes + 4);
    CHECK_THAT(answer.body, ContainsSubstring("\"binary_data_size\": 4") && ContainsSubstring("\"data\": [1]"));
}

TEST_CASE("only text counts as costly", "[oip]") {
    auto what = of_rows({std::vector<float>(1000), std::vector<float>(1000)});
    what.shape = {2048, 7, 7};
    CHECK(text_numbers(asking({{output_kind::logits, true, 0}, {output_kind::probabilities, false, 5}}), what) == 0);
    CHECK(text_numbers(asking({{output_kind::logits, false, 0}, {output_kind::probabilities, false, 0}}), what) ==
          4000);
    CHECK(text_numbers(asking({{output_kind::embedding}, {output_kind::activation_map, false, 0, 2}}), what) ==
          2 * (2048 + 2 * 49));
}

TEST_CASE("features have the shapes that the metadata promise, in text and in binary", "[oip]") {
    auto what = of_rows({{0, 1, 2}, {0, 1, 2}});
    what.shape = {3, 1, 2};
    what.features = {{{3, 0, 4}, {{2, {1, 2}}, {0, {3, 4}}}}, {{0, 0, 2}, {{2, {5, 6}}, {1, {7, 8}}}}};
    wanted_output const embedding{output_kind::embedding, false, 0, 0, true};
    wanted_output const maps{output_kind::activation_map, true, 0, 2};
    auto const answer = write_answer(asking({embedding, maps}), "m", what, model_with(labels));
    REQUIRE(answer.json_bytes);
    CHECK(answer.body.substr(0, *answer.json_bytes) ==
          R"({"model_name": "m", "model_version": "1", "outputs": [{"name": "embedding", "datatype": "FP32", )"
          R"("shape": [2, 3], "data": [0.6, 0, 0.8, 0, 0, 1]}, {"name": "activation_map", "datatype": "FP32", )"
          R"("shape": [2, 2, 1, 2], "parameters": {"binary_data_size": 32}}]})");
    auto const binary = std::string_view(answer.body).substr(*answer.json_bytes);
    REQUIRE(binary.size() == 32);
    for (std::size_t i = 0; i < 8; ++i) CHECK(float_at(binary, i) == static_cast<float>(i + 1));
}
