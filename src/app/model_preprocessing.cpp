#include "model_preprocessing.hpp"

#include "choice.hpp"
#include "model_loading.hpp"
#include "parts.hpp"
#include "sma/model/file_preprocessing.hpp"
#include "sma/model/weights.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace sma::app {
namespace {

constexpr std::string_view v1_by_default = "default (v1 of torchvision)";

image::preprocess_options v1() { return {}; }

// The shorter side with which torchvision's IMAGENET1K_V2 weights were evaluated.
image::preprocess_options v2() {
    image::preprocess_options o;
    o.resize = 232;
    return o;
}

void copy(std::vector<double> const& from, std::array<float, 3>& to) {
    std::transform(from.begin(), from.end(), to.begin(), [](double v) { return static_cast<float>(v); });
}

/// Replaces the values that the settings name; the names of those settings.
std::vector<std::string_view> apply_settings(settings const& s, image::preprocess_options& o) {
    std::vector<std::string_view> named;
    if (s.resize > 0) {
        o.resize = static_cast<int>(s.resize);
        named.emplace_back("resize");
    }
    if (s.crop > 0) {
        o.crop = static_cast<int>(s.crop);
        named.emplace_back("crop");
    }
    if (s.crop_mode != "auto") {
        o.mode = choice<image::crop_mode>(s.crop_mode,
                                          {{"center", image::crop_mode::center}, {"squash", image::crop_mode::squash}});
        named.emplace_back("crop_mode");
    }
    if (s.interpolation != "auto") {
        o.filter = choice<image::interpolation>(s.interpolation, {{"bilinear", image::interpolation::bilinear},
                                                                  {"bicubic", image::interpolation::bicubic}});
        named.emplace_back("interpolation");
    }
    if (!s.mean.empty()) {
        copy(s.mean, o.mean);
        named.emplace_back("mean");
    }
    if (!s.std.empty()) {
        copy(s.std, o.std);
        named.emplace_back("std");
    }
    return named;
}

bool names_every_value(settings const& s) {
    image::preprocess_options ignored;
    constexpr std::size_t values = 6;
    return apply_settings(s, ignored).size() == values;
}

using file_lookup = std::function<result<std::optional<model::file_preprocessing>>()>;

result<model_preprocessing> without_settings(settings const& s, model_preprocessing const& by_default,
                                             file_lookup const& find) {
    if (s.preprocess != "auto")
        return model_preprocessing{choice<image::preprocess_options>(s.preprocess, {{"v1", v1()}, {"v2", v2()}}),
                                   s.preprocess + " of torchvision",
                                   {}};
    if (names_every_value(s)) return by_default;
    auto found = find();
    if (!found) return found.error();
    if (!*found) return by_default;
    return model_preprocessing{(*found)->options, std::move((*found)->source), std::move((*found)->remarks)};
}

result<model_preprocessing> with_settings(settings const& s, model_preprocessing const& by_default,
                                          file_lookup const& find) {
    auto found = without_settings(s, by_default, find);
    if (!found) return found;
    auto const named = apply_settings(s, found->options);
    for (std::size_t i = 0; i < named.size(); ++i)
        found->source.append(i == 0 ? "; settings: " : ", ").append(named[i]);
    return found;
}

/// torchvision's V1 in the size of the network's input, and not normalized where that takes the pixels as they are.
model_preprocessing default_for(onnx::image_input const& in) {
    model_preprocessing p{v1(), std::string(v1_by_default), {}};
    if (in.height > 0 && in.height != p.options.crop) {
        p.options.resize = in.height * v1().resize / v1().crop;
        p.options.crop = in.height;
        p.source += ", in the size of the network's input";
    }
    if (in.type == onnx::value_type::u8) {
        p.options.mean = {0, 0, 0};
        p.options.std = {1, 1, 1};
        p.source += ", not normalized: the input is U8";
    }
    return p;
}

result<void> check_input(image::preprocess_options const& o, onnx::image_input const& in) {
    if (o.crop < image::crop_min || o.crop > image::crop_max)
        return error(errc::unsupported, "the network's input has a side of " + std::to_string(o.crop) +
                                            " pixels: expected " + std::to_string(image::crop_min) + " to " +
                                            std::to_string(image::crop_max));
    if (in.height > 0 && o.crop != in.height)
        return error(errc::invalid_setting, "the network takes images of " + std::to_string(in.height) + " x " +
                                                std::to_string(in.height) + " pixels, and the pre-processing makes " +
                                                std::to_string(o.crop) + ": set crop and resize to fit it");
    constexpr std::array<float, 3> zeros{0, 0, 0};
    constexpr std::array<float, 3> ones{1, 1, 1};
    if (in.type == onnx::value_type::u8 && (o.mean != zeros || o.std != ones))
        return error(
            errc::invalid_setting,
            "the network takes U8 pixels, which cannot be normalized: set mean = [0, 0, 0] and std = [1, 1, 1]");
    return {};
}

result<model_preprocessing> describe_and_find_preprocessing(settings const& s, std::filesystem::path const& weights) {
    auto const part = parts::onnx();
    if (!part) return part.error();
    auto const described = (*part)->describe_file(weights);
    return described ? find_onnx_preprocessing(s, weights, *described) : described.error();
}

}  // namespace

// The network's input tells more than other files do.
result<model_preprocessing> find_onnx_preprocessing(settings const& s, std::filesystem::path const& weights,
                                                    onnx::onnx_file const& described) {
    if (!described.problem.empty()) return error(errc::invalid_weights, described.problem);
    auto found = with_settings(s, default_for(described.input),
                               [&] { return model::find_file_preprocessing(weights, described.metadata); });
    if (!found) return found;
    if (auto const ok = check_input(found->options, described.input); !ok) return ok.error();
    return found;
}

result<model_preprocessing> find_preprocessing(settings const& s, std::filesystem::path const& weights,
                                               model::file_kind kind) {
    if (kind == model::file_kind::onnx) return describe_and_find_preprocessing(s, weights);
    return with_settings(s, {v1(), std::string(v1_by_default), {}},
                         [&] { return model::find_file_preprocessing(weights, kind, parts::torch_archives); });
}

int expected_crop(settings const& s) {
    if (s.crop > 0) return static_cast<int>(s.crop);
    if (s.preprocess != "auto") return v1().crop;
    auto const file = weights_file(s);
    if (model::is_onnx(file)) {
        auto const known = find_preprocessing(s, file, model::file_kind::onnx);
        return known ? known->options.crop : v1().crop;
    }
    // As safetensors, whose metadata are quickly read, whatever it is: of other kinds only what stands beside is seen.
    auto const found = model::find_file_preprocessing(file, model::file_kind::safetensors, parts::torch_archives);
    return found && *found ? (*found)->options.crop : v1().crop;
}

}  // namespace sma::app
