#include "explanation_json.hpp"

#include "base64.hpp"
#include "heat_map.hpp"

#include "sma/image/crop_area.hpp"

namespace sma::api {
namespace {

constexpr int pixel_digits = 2;
constexpr int activation_digits = 6;

void write_crop(object_writer& o, image::area const& crop) {
    object_writer rectangle(o, "crop");
    rectangle.number("x", crop.x, pixel_digits);
    rectangle.number("y", crop.y, pixel_digits);
    rectangle.number("width", crop.width, pixel_digits);
    rectangle.number("height", crop.height, pixel_digits);
}

void write_grid(object_writer& o, std::vector<float> const& values, engine::feature_shape const& shape) {
    array_writer rows(o, "grid");
    auto value = values.begin();
    for (int y = 0; y < shape.height; ++y) {
        auto& row = rows.next();
        for (int x = 0; x < shape.width; ++x)
            append_json_number(row += x == 0 ? "[" : ", ", static_cast<double>(*value++), activation_digits);
        row += ']';
    }
}

}  // namespace

void write_explanation(object_writer& o, serving::classification const& c, std::size_t image, bool as_png) {
    auto const& model = *c.model;
    auto const shape = model.engine->features().value();
    auto const& seen = model.engine->input();
    object_writer explanation(o, "explanation");
    auto const& how = model.preprocess;
    write_crop(explanation, image::crop_area(c.sizes[image], how.resize, seen.width, seen.height, how.mode));
    array_writer maps(explanation, "activation_maps");
    for (auto const& map : c.features[image].maps) {
        object_writer one(maps);
        one.number("class_index", map.class_index);
        one.text("class_name", model.labels[static_cast<std::size_t>(map.class_index)]);
        if (as_png)
            one.text("png", to_base64(heat_map_png({map.values, shape.width, shape.height}, seen.width, seen.height)));
        else
            write_grid(one, map.values, shape);
    }
}

}  // namespace sma::api
