#include "prediction_json.hpp"

#include "catch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

using namespace sma;

namespace {

serving::classification classified(std::vector<result<std::vector<float>>> logits) {
    serving::classification c;
    auto model = std::make_shared<serving::model_instance>();
    model->architecture = "ResNet-50";
    model->labels = {"cat", "dog \"the\" best", "bird"};
    c.model = std::move(model);
    c.logits = std::move(logits);
    return c;
}

api::image_sources sources(std::vector<std::optional<std::string_view>> names, bool as_list) {
    api::image_sources s;
    for (auto const& name : names) s.images.push_back({name, "bytes"});
    s.as_list = as_list;
    return s;
}

std::string json_of(api::image_sources const& images, serving::classification c, api::prediction_choice choice) {
    std::vector<api::model_prediction> answers;
    answers.push_back({"", choice, std::move(c)});
    return api::prediction_json(images, answers);
}

}  // namespace

TEST_CASE("one image answers with its predictions and its name") {
    auto const json =
        boost::json::parse(json_of(sources({"x.jpg"}, false), classified({std::vector<float>{0.0F, 2.0F, 1.0F}}), {2}));
    CHECK(json.at("success").as_bool());
    auto const& predictions = json.at("predictions").as_array();
    REQUIRE(predictions.size() == 2);
    CHECK(predictions[0].at("rank") == 1);
    CHECK(predictions[0].at("class_index") == 1);
    CHECK(predictions[0].at("class_name") == "dog \"the\" best");
    CHECK(predictions[0].at("confidence").as_double() == 0.665241);
    CHECK(predictions[1].at("class_index") == 2);
    CHECK(json.at("meta").at("model") == "ResNet-50");
    CHECK(json.at("meta").at("top_k") == 2);
    CHECK(json.at("meta").at("filename") == "x.jpg");
}

TEST_CASE("an image without a name has a null one") {
    auto const json = boost::json::parse(
        json_of(sources({std::nullopt}, false), classified({std::vector<float>{0.0F, 2.0F, 1.0F}}), {1}));
    CHECK(json.at("meta").at("filename").is_null());
}

TEST_CASE("what is less probable than asked for is left out, and an image with nothing left is unknown") {
    auto const with = [](double min_confidence) {
        return boost::json::parse(json_of(sources({"x.jpg"}, false), classified({std::vector<float>{0.0F, 2.0F, 1.0F}}),
                                          {3, min_confidence}));
    };
    CHECK(with(0).at("predictions").as_array().size() == 3);
    CHECK(with(0.24).at("predictions").as_array().size() == 2);
    CHECK_FALSE(with(0.24).as_object().contains("unknown"));
    CHECK(with(0.7).at("predictions").as_array().empty());
    CHECK(with(0.7).at("unknown").as_bool());
}

TEST_CASE("groups are told behind the predictions where they are asked for, as sums of their classes") {
    auto some = classified({std::vector<float>{0.0F, 2.0F, 1.0F}});
    some.model->groups = serving::class_groups(some.model->labels, {"pet", "", "pet"});
    auto const with = [&](int top_k, double min_confidence) {
        return boost::json::parse(json_of(sources({"x.jpg"}, false), some, {top_k, min_confidence, true}));
    };
    auto const groups = with(3, 0).at("groups").as_array();
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].at("group").as_string() == some.model->labels[1]);
    CHECK(groups[0].at("confidence").as_double() == 0.665241);
    CHECK(groups[1].at("rank") == 2);
    CHECK(groups[1].at("group") == "pet");
    CHECK(groups[1].at("confidence").as_double() == 0.334759);
    CHECK(with(1, 0).at("groups").as_array().size() == 1);
    CHECK(with(3, 0.5).at("groups").as_array().size() == 1);
    auto const unasked = boost::json::parse(json_of(sources({"x.jpg"}, false), some, {3}));
    CHECK_FALSE(unasked.as_object().contains("groups"));
}

TEST_CASE("several images answer in order, and one that failed carries its own error") {
    auto const json = boost::json::parse(
        json_of(sources({"a", "b"}, true),
                classified({error(errc::preprocessing_failed, "cut off"), std::vector<float>{3.0F, 2.0F, 1.0F}}), {1}));
    CHECK_FALSE(json.as_object().contains("predictions"));
    auto const& results = json.at("results").as_array();
    REQUIRE(results.size() == 2);
    CHECK(results[0].at("filename") == "a");
    CHECK(results[0].at("error").at("code") == "PREPROCESSING_FAILED");
    CHECK_FALSE(results[0].as_object().contains("predictions"));
    CHECK(results[1].at("predictions").at(0).at("class_name") == "cat");
    CHECK_FALSE(json.at("meta").as_object().contains("filename"));
}

TEST_CASE("several models answer in order, each with its own choice") {
    std::vector<api::model_prediction> answers;
    answers.push_back({"small", {1}, classified({std::vector<float>{0.0F, 2.0F, 1.0F}})});
    answers.push_back({"large", {2, 0.9}, classified({std::vector<float>{0.0F, 2.0F, 1.0F}})});
    auto const json = boost::json::parse(api::prediction_json(sources({"x.jpg"}, false), answers));
    CHECK(json.at("success").as_bool());
    auto const& models = json.at("models").as_array();
    REQUIRE(models.size() == 2);
    CHECK(models[0].at("name") == "small");
    CHECK(models[0].at("predictions").as_array().size() == 1);
    CHECK_FALSE(models[0].as_object().contains("success"));
    CHECK(models[1].at("name") == "large");
    CHECK(models[1].at("unknown").as_bool());
    CHECK(models[1].at("meta").at("top_k") == 2);
}
