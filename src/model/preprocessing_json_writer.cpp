#include "sma/model/file_preprocessing.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace sma::model {
namespace {

namespace json = boost::json;

json::object square(int side) { return {{"height", side}, {"width", side}}; }

json::array numbers(std::array<float, 3> const& values) {
    json::array list;
    for (float const value : values) list.push_back(static_cast<double>(value));
    return list;
}

}  // namespace

std::string preprocessing_json(image::preprocess_options const& o) {
    json::object size =
        o.mode == image::crop_mode::squash ? square(o.resize) : json::object{{"shortest_edge", o.resize}};
    return json::serialize(json::object{{"do_resize", true},
                                        {"size", std::move(size)},
                                        {"resample", o.filter == image::interpolation::bicubic ? 3 : 2},
                                        {"do_center_crop", true},
                                        {"crop_size", square(o.crop)},
                                        {"do_rescale", true},
                                        {"rescale_factor", 1.0 / 255},
                                        {"do_normalize", true},
                                        {"image_mean", numbers(o.mean)},
                                        {"image_std", numbers(o.std)}});
}

}  // namespace sma::model
