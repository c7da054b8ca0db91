#include "preprocessing_json.hpp"

#include "json_members.hpp"
#include "preprocessing_rules.hpp"
#include "sma/core/shown_text.hpp"
#include "sma/model/invalid_weights.hpp"

#include <boost/json/array.hpp>

#include <cmath>

namespace sma::model {
namespace {

namespace json = boost::json;

// What resolve_data_config() of timm takes for what is not there (timm/data/config.py and constants.py).
constexpr int default_side = 224;
constexpr double default_crop_pct = 0.875;

/// [channels, height, width]
result<int> side_of(json::object const& config, std::string_view key) {
    auto const* const v = member(config, key);
    if (v == nullptr) return default_side;
    auto const* const list = v->if_array();
    if (list == nullptr || list->size() != 3)
        return invalid_weights(std::string(key) + ": expected [3, height, width]");
    auto const channels = pixels_in((*list)[0]);
    auto const height = pixels_in((*list)[1]);
    auto const width = pixels_in((*list)[2]);
    if (!channels || !height || !width) return invalid_weights(std::string(key) + ": expected [3, height, width]");
    if (*channels != 3) return not_computed("the network takes " + std::to_string(*channels) + " channels: expected 3");
    if (*height != *width)
        return not_computed("the network's input is " + std::to_string(*height) + " x " + std::to_string(*width) +
                            " pixels: expected a square");
    return *height;
}

result<double> crop_share(json::object const& config) {
    constexpr double least = 0.05;
    constexpr double most = 2;
    auto const* const v = member(config, "crop_pct");
    if (v == nullptr) return default_crop_pct;
    auto const share = number_in(*v);
    if (!share || !(*share >= least && *share <= most))
        return invalid_weights("crop_pct: expected a number, such as 0.875");
    return *share;
}

result<image::crop_mode> crop_mode_of(json::object const& config) {
    auto const mode = text_member(config, "crop_mode");
    if (mode.empty() || mode == "center") return image::crop_mode::center;
    if (mode == "squash") return image::crop_mode::squash;
    return not_computed("crop_mode " + shown(mode, 32) + ": expected center or squash");
}

result<image::interpolation> interpolation_of(json::object const& config) {
    auto const name = text_member(config, "interpolation");
    if (name.empty() || name == "bicubic") return image::interpolation::bicubic;
    if (name == "bilinear") return image::interpolation::bilinear;
    return not_computed("interpolation " + shown(name, 32) + ": expected bilinear or bicubic");
}

/// Models are evaluated at another size, too; timm's create_transform() takes input_size unless it is told otherwise.
void remark_on_test_size(json::object const& config, parsed_preprocessing& parsed) {
    auto const* const size = member(config, "test_input_size");
    if (size == nullptr) return;
    auto const side = side_of(config, "test_input_size");
    if (!side || *side == parsed.options.crop) return;
    parsed.remarks.push_back({"the model was also evaluated at " + std::to_string(*side) +
                              " pixels (test_input_size): the settings resize and crop can ask for that"});
}

}  // namespace

// As transforms_imagenet_eval() of timm computes it (timm/data/transforms_factory.py): resize to floor(size /
// crop_pct), then a center crop of torchvision's.
result<parsed_preprocessing> parse_timm(json::object const& config) {
    parsed_preprocessing parsed;
    auto& o = parsed.options;
    auto const side = side_of(config, "input_size");
    if (!side) return side.error();
    auto const share = crop_share(config);
    if (!share) return share.error();
    auto const mode = crop_mode_of(config);
    if (!mode) return mode.error();
    auto const filter = interpolation_of(config);
    if (!filter) return filter.error();
    o.crop = *side;
    o.resize = static_cast<int>(std::floor(*side / *share));
    o.mode = *mode;
    o.filter = *filter;
    if (auto const ok = read_normalization(config, "mean", "std", o); !ok) return ok.error();
    if (auto const ok = check_sides(o); !ok) return ok.error();
    remark_on_test_size(config, parsed);
    return parsed;
}

}  // namespace sma::model
