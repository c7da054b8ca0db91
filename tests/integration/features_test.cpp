// Tests of embeddings and class activation maps, over HTTP.
#include "bodies.hpp"
#include "checks.hpp"
#include "protocol_requests.hpp"

#include <boost/json/parse.hpp>
#include "catch.hpp"

#include <cmath>
#include <vector>

using namespace sma::test;
using Catch::Approx;
namespace json = boost::json;

namespace {

std::string post_star(std::string_view target) { return post_form(target, {{"file", "star.jpg", sample_bytes()}}); }

json::object ask(std::string const& request) {
    auto const response = shared_server().ask(request);
    REQUIRE(response.status == 200);
    return require_json(response);
}

std::vector<double> numbers_of(json::value const& list) {
    std::vector<double> numbers;
    for (auto const& number : list.as_array()) numbers.push_back(number.to_number<double>());
    return numbers;
}

double product(std::vector<double> const& a, std::vector<double> const& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

std::vector<double> embedding_of(std::string const& name) {
    auto const answer = ask(post_form("/embed?normalize=l2", {{"file", name, read_file(sample(name))}}));
    return numbers_of(answer.at("embedding"));
}

}  // namespace

TEST_CASE("an embedding is as long as the network is wide, and has the length 1 where that is asked for",
          "[features]") {
    auto const plain = ask(post_star("/embed"));
    auto const& meta = plain.at("meta").as_object();
    CHECK(meta.at("normalize") == "none");
    CHECK(meta.at("filename") == "star.jpg");
    auto const numbers = numbers_of(plain.at("embedding"));
    CHECK(static_cast<std::int64_t>(numbers.size()) == meta.at("dimensions").as_int64());
    auto const normalized = numbers_of(ask(post_star("/embed?normalize=l2")).at("embedding"));
    REQUIRE(normalized.size() == numbers.size());
    CHECK(product(normalized, normalized) == Approx(1).margin(1e-5));
    CHECK(product(normalized, numbers) == Approx(std::sqrt(product(numbers, numbers))).epsilon(1e-5));
}

TEST_CASE("embeddings of alike images are closer than those of others", "[features]") {
    auto const dots = embedding_of("dots-1.jpg");
    auto const other_dots = embedding_of("dots-2.jpg");
    auto const stripes = embedding_of("stripes-1.jpg");
    CHECK(product(dots, other_dots) > product(dots, stripes));
}

TEST_CASE("of several images each has its own embedding or its error", "[features]") {
    auto const star = sample_bytes();
    auto const answer = ask(post_form("/embed", {{"file", "a.jpg", star},
                                                 {"file", "torn.jpg", star.substr(0, 400)},
                                                 {"file", "ring.jpg", read_file(sample("ring-1.jpg"))}}));
    auto const& results = answer.at("results").as_array();
    REQUIRE(results.size() == 3);
    CHECK(numbers_of(results[0].at("embedding")) == numbers_of(ask(post_star("/embed")).at("embedding")));
    CHECK(results[1].at("error").at("code") == "PREPROCESSING_FAILED");
    CHECK(numbers_of(results[2].at("embedding")) != numbers_of(results[0].at("embedding")));
}

TEST_CASE("what is wrong with a request to /embed is an error as of /predict", "[features]") {
    require_error(shared_server().ask(post_star("/embed?normalize=l1")), 422, "VALIDATION_ERROR");
    require_error(shared_server().ask(post_star("/embed?timeout_ms=0")), 422, "VALIDATION_ERROR");
    require_error(shared_server().ask(post_form("/embed", {{"other", "a.jpg", "x"}})), 400, "MISSING_FILE");
    require_error(shared_server().ask(post_form("/embed", {{"file", "a.jpg", "no image"}})), 415,
                  "UNSUPPORTED_MEDIA_TYPE");
    require_error(shared_server().get("/embed"), 405, "METHOD_NOT_ALLOWED");
}

TEST_CASE("an explanation has a map for each of the best classes, and changes nothing else", "[features]") {
    auto const plain = ask(post_star("/predict?top_k=3"));
    auto const explained = ask(post_star("/predict?top_k=3&explain=2"));
    CHECK(explained.at("predictions") == plain.at("predictions"));
    CHECK_FALSE(plain.contains("explanation"));
    auto const& explanation = explained.at("explanation").as_object();
    auto const& crop = explanation.at("crop").as_object();
    CHECK(crop.at("width").to_number<double>() > 0);
    CHECK(crop.at("x").to_number<double>() >= 0);
    auto const& maps = explanation.at("activation_maps").as_array();
    REQUIRE(maps.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(maps[i].at("class_index") == explained.at("predictions").at(i).at("class_index"));
        CHECK(maps[i].at("class_name") == explained.at("predictions").at(i).at("class_name"));
        auto const& rows = maps[i].at("grid").as_array();
        REQUIRE(rows.size() == 7);
        for (auto const& row : rows) CHECK(row.as_array().size() == 7);
    }
}

TEST_CASE("an overlay is a picture that this server reads, of the size of the crop", "[features]") {
    auto const answer = ask(post_star("/predict?explain=1&explain_format=png"));
    auto const png = answer.at("explanation").at("activation_maps").at(0).at("png").as_string();
    auto const again = ask(make_request("POST", "/predict?explain=1", {{"Content-Type", "application/json"}},
                                        R"({"image": ")" + std::string(png.data(), png.size()) + "\"}"));
    auto const& crop = again.at("explanation").at("crop").as_object();
    // Of a square of 224 pixels the network sees the middle 224 / 256.
    CHECK(crop.at("width").to_number<double>() == Approx(196));
    CHECK(crop.at("x").to_number<double>() == Approx(14));
}

TEST_CASE("an explanation that cannot be given is refused", "[features]") {
    for (auto const* query : {"explain=0", "explain=11", "explain=x", "explain=1&explain_format=jpeg"}) {
        INFO(query);
        require_error(shared_server().ask(post_star("/predict?" + std::string(query))), 422, "VALIDATION_ERROR");
    }
}

TEST_CASE("with a cache, who asks for features gets them, and nothing of them is kept", "[features]") {
    server_process const server(server_process::options{{"--cache-size-mb", "10"}});
    auto const plain = post_star("/predict?top_k=1");
    CHECK(server.ask(plain).status == 200);
    CHECK(server.ask(plain).has("Age"));
    auto const explained = server.ask(post_star("/predict?top_k=1&explain=1"));
    CHECK_FALSE(explained.has("Age"));
    CHECK(json::parse(explained.body).at("explanation").is_object());
    auto const again = server.ask(plain);
    CHECK(again.has("Age"));
    CHECK_FALSE(json::parse(again.body).as_object().contains("explanation"));
    CHECK(server.ask(post_star("/embed")).status == 200);
    require_idle(server);
}

TEST_CASE("the protocol gives the same embedding and maps, as text, in binary and for a tensor", "[features]") {
    auto const picture = make_picture(3);
    auto const outputs = [](std::string const& binary) {
        return R"(, "outputs": [{"name": "embedding", "parameters": {"normalize": "l2", "binary_data": )" + binary +
               R"(}}, {"name": "activation_map", "parameters": {"top_k": 2, "binary_data": )" + binary + "}}]}";
    };
    auto const file = R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [")" +
                      encode_base64(picture.file) + "\"]}]";
    auto const text = require_answer(shared_server().ask(infer_json(file + outputs("false"))));
    auto const& embedding = text.output("embedding");
    auto const& maps = text.output("activation_map");
    CHECK(embedding.shape.front() == 1);
    CHECK(maps.shape == std::vector<std::int64_t>{1, 2, 7, 7});
    auto const binary = require_answer(shared_server().ask(infer_json(file + outputs("true"))));
    CHECK(binary.output("embedding").numbers == embedding.numbers);
    CHECK(binary.output("activation_map").numbers == maps.numbers);

    auto const tensor = R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 3, 224, 224], )"
                        R"("parameters": {"binary_data_size": 602112}}])" +
                        outputs("true");
    auto const of_tensor = require_answer(shared_server().ask(infer_binary(tensor, bytes_of(picture.tensor))));
    CHECK(of_tensor.output("embedding").numbers.size() == embedding.numbers.size());

    auto const predicted =
        ask(make_request("POST", "/predict?explain=1", {{"Content-Type", "image/bmp"}}, picture.file));
    auto const& rows = predicted.at("explanation").at("activation_maps").at(0).at("grid").as_array();
    for (std::size_t i = 0; i < 49; ++i)
        CHECK(rows[i / 7].at(i % 7).to_number<double>() == Approx(maps.numbers[i]).margin(1e-5));
    auto const embedded =
        ask(make_request("POST", "/embed?normalize=l2", {{"Content-Type", "image/bmp"}}, picture.file));
    auto const numbers = numbers_of(embedded.at("embedding"));
    REQUIRE(numbers.size() == embedding.numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == Approx(embedding.numbers[i]).margin(1e-6));
}

TEST_CASE("only the outputs that are named come, and wrong parameters are told apart", "[features]") {
    auto const input = R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [")" +
                       encode_base64(sample_bytes()) + "\"]}]";
    CHECK(require_answer(shared_server().ask(infer_json(input + "}"))).outputs.size() == 2);
    auto const one =
        require_answer(shared_server().ask(infer_json(input + R"(, "outputs": [{"name": "activation_map"}]})")));
    REQUIRE(one.outputs.size() == 1);
    CHECK(one.outputs[0].shape == std::vector<std::int64_t>{1, 1, 7, 7});
    require_protocol_error(shared_server().ask(infer_json(
                               input + R"(, "outputs": [{"name": "activation_map", "parameters": {"top_k": 11}}]})")),
                           400, "top_k");
}
