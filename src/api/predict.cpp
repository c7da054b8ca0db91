#include "sma/api/predict.hpp"

#include "prediction_json.hpp"
#include "query_number.hpp"
#include "query_word.hpp"
#include "sma/serving/joint_classification.hpp"
#include "upload_answer.hpp"
#include "validation_error.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace sma::api {
namespace {

constexpr int default_top_k = 5;
constexpr int top_k_max = 100'000;
constexpr int explained_max = 10;
/// Predictions in an answer, which takes some tenths of a microsecond for each; longer ones are written elsewhere.
constexpr std::size_t short_answer = 2'000;

error no_groups() { return validation_error("query parameter groups: the labels of this model have no groups"); }

result<explanation_choice> read_explanation(http::request const& r) {
    auto const classes = query_number(r, "explain", 0, explained_max);
    if (!classes) return classes.error();
    auto const format = query_word(r, "explain_format", {"grid", "png"});
    if (!format) return format.error();
    return explanation_choice{static_cast<int>(*classes), *format == "png"};
}

result<prediction_choice> read_choice(http::request const& r, double usual_min_confidence) {
    auto const top_k = query_number(r, "top_k", default_top_k, top_k_max);
    if (!top_k) return top_k.error();
    auto const min_confidence = query_fraction(r, "min_confidence", usual_min_confidence);
    if (!min_confidence) return min_confidence.error();
    auto const groups = query_switch(r, "groups");
    if (!groups) return groups.error();
    auto const explanation = read_explanation(r);
    if (!explanation) return explanation.error();
    return prediction_choice{static_cast<int>(*top_k), *min_confidence, *groups, *explanation};
}

bool has_long_maps(serving::classification const& c, prediction_choice const& choice) {
    // A map is as long as some predictions, and an image takes a millisecond to compress.
    return choice.explain.classes > 0 && (choice.explain.as_png || c.logits.size() > 1);
}

bool is_long(std::vector<model_prediction> const& answers) {
    std::size_t predictions = 0;
    bool maps = false;
    for (auto const& one : answers) {
        predictions += one.classified.logits.size() * static_cast<std::size_t>(one.choice.top_k);
        maps = maps || has_long_maps(one.classified, one.choice);
    }
    return maps || predictions > short_answer;
}

/// Makes the answer whole with what failed before it came to the model. Error: of a request that has no other answer.
result<void> complete(model_prediction& one, image_sources const& found) {
    add_failures(one.classified, found);
    auto const failure = whole_failure(one.classified);
    if (failure) return *failure;
    if (one.choice.groups && one.classified.model->groups.empty()) return no_groups();
    one.choice.top_k = std::min(one.choice.top_k, static_cast<int>(one.classified.model->labels.size()));
    return {};
}

http::response with_timing_of_slowest(http::response answer, std::vector<model_prediction> const& answers) {
    auto const took = [](serving::classification const& c) { return c.decode_ms + c.queue_ms + c.infer_ms; };
    auto const slowest = std::max_element(answers.begin(), answers.end(), [&](auto const& a, auto const& b) {
        return took(a.classified) < took(b.classified);
    });
    return with_timing(std::move(answer), slowest->classified);
}

result<std::vector<prediction_choice>> read_choices(http::request const& r,
                                                    std::vector<serving::served_model const*> const& asked) {
    std::vector<prediction_choice> choices;
    for (auto const* const model : asked) {
        auto const choice = read_choice(r, model->configuration.min_confidence);
        if (!choice) return choice.error();
        choices.push_back(*choice);
    }
    return choices;
}

std::vector<serving::classifier*> classifiers_of(std::vector<serving::served_model const*> const& models) {
    std::vector<serving::classifier*> classifiers;
    classifiers.reserve(models.size());
    for (auto const* const model : models) classifiers.push_back(&model->direct);
    return classifiers;
}

std::vector<model_prediction> join(std::vector<serving::served_model const*> const& asked,
                                   std::vector<prediction_choice> choices,
                                   std::vector<serving::classification> classified) {
    std::vector<model_prediction> joined;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        auto name = asked.size() > 1 ? asked[i]->name_of(*classified[i].model) : std::string();
        joined.push_back({std::move(name), choices[i], std::move(classified[i])});
    }
    return joined;
}

}  // namespace

result<void> predict::admit(http::request const& head) {
    auto const asked = asked_models(models_, head);
    if (!asked) return asked.error();
    for (auto const* const model : *asked)
        if (auto const ready = model->predictions.check(1, head.context.deadline); !ready) return ready.error();
    return {};
}

boost::asio::awaitable<http::response> predict::handle(http::request& r) {
    auto const asked = asked_models(models_, r);
    if (!asked) co_return refusal(asked.error(), r);
    auto choices = read_choices(r, *asked);
    if (!choices) co_return refusal(choices.error(), r);
    auto const found = co_await uploads_.read(r);
    if (!found) co_return refusal(found.error(), r);

    serving::wanted_features wanted;
    wanted.activation_maps = choices->front().explain.classes;
    auto context = r.context;
    auto files = files_of(*found);
    auto classified = co_await classify(*asked, std::move(context), std::move(files), wanted);
    if (!classified) co_return refusal(classified.error(), r);
    auto answers = join(*asked, std::move(*choices), std::move(*classified));
    for (auto& one : answers)
        if (auto const whole = complete(one, *found); !whole)
            co_return with_timing(refusal(whole.error(), r), one.classified);
    std::function<std::string()> write = [&] { return prediction_json(*found, answers); };
    auto const on_worker = is_long(answers);
    auto body = co_await uploads_.write(r, on_worker, std::move(write));
    if (!body) co_return refusal(body.error(), r);
    http::response answer;
    answer.body = std::move(*body);
    co_return with_timing_of_slowest(std::move(answer), answers);
}

boost::asio::awaitable<result<std::vector<serving::classification>>> predict::classify(
    std::vector<serving::served_model const*> asked, request_context context, std::vector<std::string_view> files,
    serving::wanted_features wanted) {
    if (asked.size() > 1) {
        auto classified =
            co_await serving::classify_by_each(classifiers_of(asked), std::move(context), std::move(files), wanted);
        co_return classified;
    }
    auto& model = asked.front()->predictions;
    auto one = co_await model.classify(std::move(context), std::move(files), wanted);
    if (!one) co_return one.error();
    std::vector<serving::classification> classified;
    classified.push_back(std::move(*one));
    co_return classified;
}

}  // namespace sma::api
