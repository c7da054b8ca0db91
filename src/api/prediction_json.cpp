#include "prediction_json.hpp"
#include "sma/serving/top_classes.hpp"

#include "sma/core/json_text.hpp"

namespace sma::api {
namespace {

constexpr int confidence_digits = 6;

void append_predictions(std::string& out, std::vector<float> const& logits, std::vector<std::string> const& labels,
                        int top_k) {
    out += "\"predictions\": [";
    int rank = 0;
    for (auto const& scored : serving::top_classes(logits, top_k)) {
        out += rank == 0 ? "{\"rank\": " : ", {\"rank\": ";
        out += std::to_string(++rank) + ", \"class_index\": " + std::to_string(scored.index) + ", \"class_name\": ";
        append_json_string(out, labels[static_cast<std::size_t>(scored.index)]);
        out += ", \"confidence\": ";
        append_json_number(out, scored.confidence, confidence_digits);
        out += '}';
    }
    out += ']';
}

void append_filename(std::string& out, std::optional<std::string_view> filename) {
    out += "\"filename\": ";
    if (filename)
        append_json_string(out, *filename);
    else
        out += "null";
}

void append_meta(std::string& out, serving::model_instance const& model, int top_k) {
    out += "\"meta\": {\"model\": ";
    append_json_string(out, model.architecture);
    out += ", \"top_k\": " + std::to_string(top_k);
}

void append_image_error(std::string& out, error const& e) {
    out += "\"error\": {\"code\": ";
    append_json_string(out, error_name(e.code));
    out += ", \"message\": ";
    append_json_string(out, e.message);
    out += '}';
}

}  // namespace

std::string prediction_json(image_sources const& images, serving::classification const& c, int top_k) {
    std::string out = "{\"success\": true, ";
    auto const& labels = c.model->labels;
    if (!images.as_list) {
        append_predictions(out, *c.logits.front(), labels, top_k);
        out += ", ";
        append_meta(out, *c.model, top_k);
        out += ", ";
        append_filename(out, images.images.front().filename);
        return out + "}}";
    }
    out += "\"results\": [";
    for (std::size_t i = 0; i < c.logits.size(); ++i) {
        out += i == 0 ? "{" : ", {";
        append_filename(out, images.images[i].filename);
        out += ", ";
        if (c.logits[i])
            append_predictions(out, *c.logits[i], labels, top_k);
        else
            append_image_error(out, c.logits[i].error());
        out += '}';
    }
    out += "], ";
    append_meta(out, *c.model, top_k);
    return out + "}}";
}

}  // namespace sma::api
