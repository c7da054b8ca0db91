#include "prediction_json.hpp"

#include "sma/core/json_writer.hpp"
#include "sma/serving/prediction_writer.hpp"

namespace sma::api {
namespace {

void write_predictions(object_writer& o, std::vector<float> const& logits, std::vector<std::string> const& labels,
                       int top_k) {
    array_writer predictions(o, "predictions");
    std::size_t rank = 0;
    for (auto const& scored : serving::top_classes(logits, top_k))
        serving::write_prediction(predictions, ++rank, scored, labels[static_cast<std::size_t>(scored.index)]);
}

void write_filename(object_writer& o, std::optional<std::string_view> filename) {
    if (filename)
        o.text("filename", *filename);
    else
        o.null("filename");
}

void write_image_error(object_writer& o, error const& e) {
    object_writer details(o, "error");
    details.text("code", error_name(e.code));
    details.text("message", e.message);
}

void write_results(object_writer& o, image_sources const& images, serving::classification const& c, int top_k) {
    array_writer results(o, "results");
    for (std::size_t i = 0; i < c.logits.size(); ++i) {
        object_writer one(results);
        write_filename(one, images.images[i].filename);
        if (c.logits[i])
            write_predictions(one, *c.logits[i], c.model->labels, top_k);
        else
            write_image_error(one, c.logits[i].error());
    }
}

}  // namespace

std::string prediction_json(image_sources const& images, serving::classification const& c, int top_k) {
    std::string out;
    {
        object_writer o(out);
        o.flag("success", true);
        if (images.as_list)
            write_results(o, images, c, top_k);
        else
            write_predictions(o, *c.logits.front(), c.model->labels, top_k);
        object_writer meta(o, "meta");
        meta.text("model", c.model->architecture);
        meta.number("top_k", top_k);
        if (!images.as_list) write_filename(meta, images.images.front().filename);
    }
    return out;
}

}  // namespace sma::api
