#include "embedding_json.hpp"

#include "image_json.hpp"
#include "number_text.hpp"

#include "sma/core/json_writer.hpp"

namespace sma::api {
namespace {

void write_embedding(object_writer& o, serving::classification const& c, std::size_t image) {
    array_writer numbers(o, "embedding");
    append_numbers(numbers, c.features[image].embedding);
}

void write_results(object_writer& o, image_sources const& images, serving::classification const& c) {
    array_writer results(o, "results");
    for (std::size_t i = 0; i < c.logits.size(); ++i) {
        object_writer one(results);
        write_filename(one, images.images[i].filename);
        if (c.logits[i])
            write_embedding(one, c, i);
        else
            write_image_error(one, c.logits[i].error());
    }
}

}  // namespace

std::string embedding_json(image_sources const& images, serving::classification const& c, std::string_view norm) {
    std::string out;
    {
        object_writer o(out);
        o.flag("success", true);
        if (images.as_list)
            write_results(o, images, c);
        else
            write_embedding(o, c, 0);
        object_writer meta(o, "meta");
        meta.text("model", c.model->architecture);
        meta.number("dimensions", c.model->engine->features().value().channels);
        meta.text("normalize", norm);
        if (!images.as_list) write_filename(meta, images.images.front().filename);
    }
    return out;
}

}  // namespace sma::api
