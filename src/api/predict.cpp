#include "sma/api/predict.hpp"

#include "prediction_json.hpp"
#include "query_number.hpp"
#include "query_word.hpp"
#include "upload_answer.hpp"

#include <algorithm>
#include <functional>

namespace sma::api {
namespace {

constexpr int default_top_k = 5;
constexpr int top_k_max = 100'000;
constexpr int explained_max = 10;
/// Predictions in an answer, which takes some tenths of a microsecond for each; longer ones are written elsewhere.
constexpr std::size_t short_answer = 2'000;

error no_groups() {
    return error(errc::validation_error, "query parameter groups: the labels of this model have no groups");
}

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

bool is_long(serving::classification const& c, prediction_choice const& choice) {
    // A map is as long as some predictions, and an image takes a millisecond to compress.
    auto const maps = choice.explain.classes > 0 && (choice.explain.as_png || c.logits.size() > 1);
    return maps || c.logits.size() * static_cast<std::size_t>(choice.top_k) > short_answer;
}

}  // namespace

result<void> predict::admit(http::request const& head) {
    auto const model = asked_model(models_, head);
    return model ? (*model)->predictions.check(1, head.context.deadline) : model.error();
}

boost::asio::awaitable<http::response> predict::handle(http::request& r) {
    auto const model = asked_model(models_, r);
    if (!model) co_return refusal(model.error(), r);
    auto choice = read_choice(r, (*model)->configuration.min_confidence);
    if (!choice) co_return refusal(choice.error(), r);
    auto const found = co_await uploads_.read(r);
    if (!found) co_return refusal(found.error(), r);

    auto context = r.context;
    auto files = files_of(*found);
    serving::wanted_features wanted;
    wanted.activation_maps = choice->explain.classes;
    auto classified = co_await (*model)->predictions.classify(std::move(context), std::move(files), wanted);
    if (!classified) co_return refusal(classified.error(), r);
    add_failures(*classified, *found);
    auto const failure = whole_failure(*classified);
    if (failure) co_return with_timing(refusal(*failure, r), *classified);
    if (choice->groups && classified->model->groups.empty()) co_return refusal(no_groups(), r);
    choice->top_k = std::min(choice->top_k, static_cast<int>(classified->model->labels.size()));
    std::function<std::string()> write = [&] { return prediction_json(*found, *classified, *choice); };
    auto const on_worker = is_long(*classified, *choice);
    auto body = co_await uploads_.write(r, on_worker, std::move(write));
    if (!body) co_return refusal(body.error(), r);
    http::response answer;
    answer.body = std::move(*body);
    co_return with_timing(std::move(answer), *classified);
}

}  // namespace sma::api
