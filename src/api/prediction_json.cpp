#include "prediction_json.hpp"

#include "explanation_json.hpp"
#include "image_json.hpp"
#include "sma/core/json_writer.hpp"
#include "sma/serving/prediction_writer.hpp"

namespace sma::api {
namespace {

void write_groups(object_writer& o, std::vector<float> const& logits, serving::model_instance const& model,
                  prediction_choice const& choice) {
    array_writer list(o, "groups");
    std::size_t rank = 0;
    for (auto const& scored : model.groups.top(logits, static_cast<std::size_t>(choice.top_k), model.temperature())) {
        if (scored.confidence < choice.min_confidence) break;
        object_writer one(list);
        one.number("rank", ++rank);
        one.text("group", model.groups.name(scored.index));
        one.number("confidence", scored.confidence, serving::confidence_digits);
    }
}

void write_predictions(object_writer& o, serving::classification const& c, std::size_t image,
                       prediction_choice const& choice) {
    auto const& logits = *c.logits[image];
    auto const& model = *c.model;
    std::size_t rank = 0;
    {
        array_writer predictions(o, "predictions");
        for (auto const& scored : serving::top_classes(logits, choice.top_k, model.temperature())) {
            if (scored.confidence < choice.min_confidence) break;
            serving::write_prediction(predictions, ++rank, scored,
                                      model.labels[static_cast<std::size_t>(scored.index)]);
        }
    }
    if (rank == 0) o.flag("unknown", true);
    if (choice.groups) write_groups(o, logits, model, choice);
    if (choice.explain.classes > 0) write_explanation(o, c, image, choice.explain.as_png);
}

void write_results(object_writer& o, image_sources const& images, serving::classification const& c,
                   prediction_choice const& choice) {
    array_writer results(o, "results");
    for (std::size_t i = 0; i < c.logits.size(); ++i) {
        object_writer one(results);
        write_filename(one, images.images[i].filename);
        if (c.logits[i])
            write_predictions(one, c, i, choice);
        else
            write_image_error(one, c.logits[i].error());
    }
}

void write_answer(object_writer& o, image_sources const& images, serving::classification const& c,
                  prediction_choice const& choice) {
    if (images.as_list)
        write_results(o, images, c, choice);
    else
        write_predictions(o, c, 0, choice);
    object_writer meta(o, "meta");
    meta.text("model", c.model->architecture);
    meta.number("top_k", choice.top_k);
    if (!images.as_list) write_filename(meta, images.images.front().filename);
}

void write_models(object_writer& o, image_sources const& images, std::vector<model_prediction> const& answers) {
    array_writer models(o, "models");
    for (auto const& one : answers) {
        object_writer model(models);
        model.text("name", one.name);
        write_answer(model, images, one.classified, one.choice);
    }
}

}  // namespace

std::string prediction_json(image_sources const& images, std::vector<model_prediction> const& answers) {
    std::string out;
    {
        object_writer o(out);
        o.flag("success", true);
        if (answers.size() > 1)
            write_models(o, images, answers);
        else
            write_answer(o, images, answers.front().classified, answers.front().choice);
    }
    return out;
}

}  // namespace sma::api
