#include "preprocessing_json.hpp"

#include "json_members.hpp"
#include "preprocessing_rules.hpp"
#include "sma/core/shown_text.hpp"
#include "sma/model/invalid_weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sma::model {
namespace {

namespace json = boost::json;
using image::crop_mode;

/// How an image processor reads `size`, and what it does then.
enum class geometry {
    square,            ///< a number is the side of a square
    square_and_crop,   ///< the same, and a center crop unless the file says otherwise
    shorter_and_crop,  ///< a number is the length of the shorter side; a center crop
    convnext,          ///< the crop is told, and crop_pct leads to the resized side
    levit,             ///< the shorter side becomes 256 / 224 of what is told; a center crop
    plain              ///< of a file that names no processor: only what can be read in one way
};

struct processor {
    std::string_view name;  ///< before "ImageProcessor", "ImageProcessorFast" or "FeatureExtractor"
    geometry kind;
};

// The classes of transformers that its image classifiers use: models/<name>/image_processing_<name>.py, whose
// documentation states the defaults. Others pad, flip channels or rescale in ways of their own.
constexpr std::array processors{processor{"ViT", geometry::square},
                                processor{"DeiT", geometry::square_and_crop},
                                processor{"Beit", geometry::square_and_crop},
                                processor{"CLIP", geometry::shorter_and_crop},
                                processor{"Bit", geometry::shorter_and_crop},
                                processor{"MobileNetV1", geometry::shorter_and_crop},
                                processor{"MobileNetV2", geometry::shorter_and_crop},
                                processor{"ConvNext", geometry::convnext},
                                processor{"Levit", geometry::levit}};

/// ConvNextImageProcessor resizes without a crop from this side on.
constexpr int convnext_squash_from = 384;

std::string_view without(std::string_view text, std::string_view ending) {
    return text.ends_with(ending) ? text.substr(0, text.size() - ending.size()) : text;
}

result<geometry> geometry_of(json::object const& config) {
    auto type = text_member(config, "image_processor_type");
    if (type.empty()) type = text_member(config, "feature_extractor_type");
    if (type.empty()) return member(config, "crop_pct") != nullptr ? geometry::convnext : geometry::plain;
    auto const name = without(without(without(type, "Fast"), "ImageProcessor"), "FeatureExtractor");
    auto const found =
        std::find_if(processors.begin(), processors.end(), [&](processor const& p) { return p.name == name; });
    if (found != processors.end()) return found->kind;
    return not_computed("the image processor " + shown(type, 64) + " is not one that is known here");
}

/// `size` or `crop_size`: one side, and whether it is the shorter one or both.
struct sides {
    int pixels;
    bool is_shorter;
};

/// `number_is_shorter`: nothing, if a number may mean either.
result<sides> read_sides(json::object const& config, std::string const& key, std::optional<bool> number_is_shorter) {
    auto const* const v = member(config, key);
    if (v == nullptr) return invalid_weights(key + " is missing");
    if (auto const number = pixels_in(*v)) {
        if (number_is_shorter) return sides{*number, *number_is_shorter};
        return invalid_weights(key +
                               " is a number, which may be the shorter side or both: expected {\"shortest_edge\": " +
                               std::to_string(*number) + "} or {\"height\": " + std::to_string(*number) +
                               ", \"width\": " + std::to_string(*number) + "}");
    }
    auto const* const o = v->if_object();
    if (o == nullptr) return invalid_weights(key + ": expected a number of pixels or an object");
    auto const side = [o](char const* name) {
        auto const* const found = member(*o, name);
        return found == nullptr ? std::nullopt : pixels_in(*found);
    };
    if (auto const shorter = side("shortest_edge")) return sides{*shorter, true};
    auto const height = side("height");
    auto const width = side("width");
    if (!height || !width) return invalid_weights(key + ": expected shortest_edge, or height and width, in pixels");
    if (*height != *width)
        return not_computed(key + " is " + std::to_string(*height) + " x " + std::to_string(*width) +
                            " pixels: expected a square");
    return sides{*height, false};
}

result<> read_convnext(json::object const& config, image::preprocess_options& o) {
    constexpr double default_crop_pct = 224.0 / 256;
    auto const size = read_sides(config, "size", true);
    if (!size) return size.error();
    if (!size->is_shorter) return invalid_weights("size: expected shortest_edge, in pixels");
    auto const* const v = member(config, "crop_pct");
    auto const share = v == nullptr ? default_crop_pct : number_in(*v).value_or(0);
    if (!(share >= 0.05 && share <= 2)) return invalid_weights("crop_pct: expected a number, such as 0.875");
    o.crop = size->pixels;
    bool const squashes = o.crop >= convnext_squash_from;
    o.mode = squashes ? crop_mode::squash : crop_mode::center;
    o.resize = squashes ? o.crop : static_cast<int>(o.crop / share);
    return {};
}

result<> read_geometry(json::object const& config, geometry kind, image::preprocess_options& o) {
    if (kind == geometry::convnext) return read_convnext(config, o);
    bool const square = kind == geometry::square || kind == geometry::square_and_crop;
    auto const size = read_sides(config, "size", kind == geometry::plain ? std::nullopt : std::optional<bool>(!square));
    if (!size) return size.error();
    o.mode = size->is_shorter ? crop_mode::center : crop_mode::squash;
    o.resize = size->pixels;
    if (kind == geometry::levit && size->is_shorter) o.resize = static_cast<int>(256.0 / 224 * size->pixels);
    bool const by_default = kind == geometry::plain ? member(config, "crop_size") != nullptr : kind != geometry::square;
    if (bool_member(config, "do_center_crop").value_or(by_default)) {
        auto const crop = read_sides(config, "crop_size", false);
        if (!crop) return crop.error();
        o.crop = crop->pixels;
        return {};
    }
    if (size->is_shorter)
        return not_computed("it resizes the shorter side and does not crop: expected images of one size");
    o.crop = o.resize;
    return {};
}

result<> read_filter(json::object const& config, image::preprocess_options& o) {
    // PIL.Image.Resampling
    constexpr std::array<std::string_view, 6> names{"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"};
    auto const* const v = member(config, "resample");
    if (v == nullptr) return invalid_weights("resample is missing: expected 2 (bilinear) or 3 (bicubic)");
    auto const number = number_in(*v).value_or(-1);
    if (number == 2 || number == 3) {
        o.filter = number == 2 ? image::interpolation::bilinear : image::interpolation::bicubic;
        return {};
    }
    bool const known = number >= 0 && number < static_cast<double>(names.size()) && number == std::floor(number);
    if (!known) return invalid_weights("resample: expected 2 (bilinear) or 3 (bicubic)");
    return not_computed("resample " + std::string(names[static_cast<std::size_t>(number)]) +
                        ": expected bilinear or bicubic");
}

result<> check_rescaling(json::object const& config) {
    if (!bool_member(config, "do_rescale").value_or(true))
        return not_computed("do_rescale is false: expected values from 0 to 1");
    if (bool_member(config, "rescale_offset").value_or(false))
        return not_computed("rescale_offset is true: expected values from 0 to 1");
    auto const* const v = member(config, "rescale_factor");
    if (v == nullptr) return {};
    constexpr double tolerance = 1e-3;
    auto const factor = number_in(*v);
    if (factor && std::abs(*factor * 255 - 1) < tolerance) return {};
    return not_computed("rescale_factor: expected 1 / 255");
}

/// do_flip_channel_order, do_pad, do_thumbnail and whatever else there may be.
result<> check_other_steps(json::object const& config) {
    constexpr std::array<std::string_view, 5> known{"do_resize", "do_center_crop", "do_rescale", "do_normalize",
                                                    "do_convert_rgb"};
    if (!bool_member(config, "do_resize").value_or(true))
        return not_computed("do_resize is false: expected images that are resized");
    for (auto const& step : config) {
        std::string_view const name = step.key();
        if (!name.starts_with("do_") || std::find(known.begin(), known.end(), name) != known.end()) continue;
        if (bool_member(config, name).value_or(false)) return not_computed(shown(name, 64) + " is not computed here");
    }
    return {};
}

result<> read_values(json::object const& config, image::preprocess_options& o) {
    if (auto const ok = check_rescaling(config); !ok) return ok;
    if (!bool_member(config, "do_normalize").value_or(true)) {
        o.mean = {0, 0, 0};
        o.std = {1, 1, 1};
        return {};
    }
    for (auto const* const name : {"image_mean", "image_std"})
        if (member(config, name) == nullptr) return invalid_weights(std::string(name) + " is missing");
    return read_normalization(config, "image_mean", "image_std", o);
}

}  // namespace

// Where a crop leaves an odd number of pixels, transformers rounds its place down and torchvision to the even number:
// the server does as torchvision.
result<parsed_preprocessing> parse_hugging_face(json::object const& config) {
    parsed_preprocessing parsed;
    auto const kind = geometry_of(config);
    if (!kind) return kind.error();
    if (auto const ok = check_other_steps(config); !ok) return ok.error();
    if (auto const ok = read_geometry(config, *kind, parsed.options); !ok) return ok.error();
    if (auto const ok = check_sides(parsed.options); !ok) return ok.error();
    if (auto const ok = read_filter(config, parsed.options); !ok) return ok.error();
    if (auto const ok = read_values(config, parsed.options); !ok) return ok.error();
    return parsed;
}

}  // namespace sma::model
