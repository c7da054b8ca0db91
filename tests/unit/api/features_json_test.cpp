// Tests of the JSON of explanations and embeddings.
#include "embedding_json.hpp"
#include "prediction_json.hpp"
#include "serving_fakes.hpp"

#include "base64.hpp"

#include "catch.hpp"

#include <boost/json/parse.hpp>

using namespace sma;

namespace {

/// Of a model whose input is 1 x 1 and whose feature maps are 1 x 2; two images, the second failed.
serving::classification classified() {
    serving::classification c;
    c.model = serving::test::model_of(std::make_unique<serving::test::fake_engine>());
    c.model->architecture = "ResNet-50";
    c.model->preprocess.resize = 100;
    c.model->labels = {"cat", "dog", "bird"};
    c.logits = {std::vector<float>{0, 2, 1}, error(errc::preprocessing_failed, "torn")};
    c.sizes = {{400, 300}, {0, 0}};
    c.features.resize(2);
    c.features[0].embedding = {0.1F, -3, 1e-10F};
    c.features[0].maps = {{1, {0.5F, -0.25F}}, {2, {0, 7}}};
    return c;
}

api::image_sources sources(std::size_t images) {
    api::image_sources s;
    for (std::size_t i = 0; i < images; ++i) s.images.push_back({"x.jpg", "bytes"});
    s.as_list = images > 1;
    return s;
}

api::prediction_choice explained(bool as_png) {
    api::prediction_choice choice{1};
    choice.explain = {2, as_png};
    return choice;
}

std::string json_of(api::image_sources const& images, serving::classification c, api::prediction_choice choice) {
    std::vector<api::model_prediction> answers;
    answers.push_back({"", choice, std::move(c)});
    return api::prediction_json(images, answers);
}

}  // namespace

TEST_CASE("an explanation has the rectangle that the network saw and a grid for each class") {
    auto const json = boost::json::parse(json_of(sources(2), classified(), explained(false)));
    auto const& explanation = json.at("results").at(0).at("explanation");
    // 400 x 300 becomes 133 x 100, of which the middle pixel is 3 x 3 pixels of the image.
    auto const& crop = explanation.at("crop");
    CHECK(crop.at("x").to_number<double>() == 198.5);
    CHECK(crop.at("y").to_number<double>() == 150);
    CHECK(crop.at("width").to_number<double>() == 3.01);
    CHECK(crop.at("height").to_number<double>() == 3);
    auto const& maps = explanation.at("activation_maps").as_array();
    REQUIRE(maps.size() == 2);
    CHECK(maps[0].at("class_index") == 1);
    CHECK(maps[0].at("class_name") == "dog");
    auto const& rows = maps[0].at("grid").as_array();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at(0).to_number<double>() == 0.5);
    CHECK(rows[0].at(1).to_number<double>() == -0.25);
    CHECK(maps[1].at("class_name") == "bird");
    CHECK_FALSE(json.at("results").at(1).as_object().contains("explanation"));
}

TEST_CASE("an explanation as PNG has a file for each class") {
    auto c = classified();
    c.logits.pop_back();
    auto const json = boost::json::parse(json_of(sources(1), c, explained(true)));
    auto const& map = json.at("explanation").at("activation_maps").at(1);
    CHECK_FALSE(map.as_object().contains("grid"));
    auto const file = api::decode_base64(std::string_view(map.at("png").as_string()));
    REQUIRE(file);
    CHECK(file->substr(1, 3) == "PNG");
}

TEST_CASE("who asks for no explanation gets none") {
    auto const json = boost::json::parse(json_of(sources(2), classified(), {1}));
    CHECK_FALSE(json.at("results").at(0).as_object().contains("explanation"));
}

TEST_CASE("embeddings read back as the same numbers, and an image that failed has its error") {
    auto const several = boost::json::parse(api::embedding_json(sources(2), classified(), "l2"));
    auto const& numbers = several.at("results").at(0).at("embedding").as_array();
    REQUIRE(numbers.size() == 3);
    CHECK(numbers[0].to_number<float>() == 0.1F);
    CHECK(numbers[1].to_number<float>() == -3);
    CHECK(numbers[2].to_number<float>() == 1e-10F);
    CHECK(several.at("results").at(1).at("error").at("code") == "PREPROCESSING_FAILED");
    CHECK(several.at("meta").at("normalize") == "l2");
    CHECK(several.at("meta").at("dimensions") == 2);

    auto c = classified();
    c.logits.pop_back();
    auto const one = boost::json::parse(api::embedding_json(sources(1), c, "none"));
    CHECK(one.at("embedding").as_array().size() == 3);
    CHECK(one.at("meta").at("filename") == "x.jpg");
}

TEST_CASE("base64 reads back, whatever its length") {
    for (std::string const bytes : {"", "a", "ab", "abc", "abcd", "\xff\xfe\xfd\xfc\xfb"}) {
        auto const text = api::to_base64(bytes);
        CHECK(text.size() == (bytes.size() + 2) / 3 * 4);
        CHECK(api::decode_base64(text) == bytes);
    }
    CHECK(api::to_base64("\xfb\xff") == "+/8=");
}
