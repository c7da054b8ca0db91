#include "model_preprocessing.hpp"

#include "choice.hpp"
#include "model_loading.hpp"
#include "parts.hpp"
#include "sma/model/file_preprocessing.hpp"

#include <algorithm>

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

result<model_preprocessing> without_settings(settings const& s, std::filesystem::path const& weights,
                                             model::file_kind kind) {
    if (s.preprocess != "auto")
        return model_preprocessing{choice<image::preprocess_options>(s.preprocess, {{"v1", v1()}, {"v2", v2()}}),
                                   s.preprocess + " of torchvision",
                                   {}};
    if (names_every_value(s)) return model_preprocessing{v1(), std::string(v1_by_default), {}};
    auto found = model::find_file_preprocessing(weights, kind, parts::torch_archives);
    if (!found) return found.error();
    if (!*found) return model_preprocessing{v1(), std::string(v1_by_default), {}};
    return model_preprocessing{(*found)->options, std::move((*found)->source), std::move((*found)->remarks)};
}

}  // namespace

result<model_preprocessing> find_preprocessing(settings const& s, std::filesystem::path const& weights,
                                               model::file_kind kind) {
    auto found = without_settings(s, weights, kind);
    if (!found) return found;
    auto const named = apply_settings(s, found->options);
    for (std::size_t i = 0; i < named.size(); ++i)
        found->source.append(i == 0 ? "; settings: " : ", ").append(named[i]);
    return found;
}

int expected_crop(settings const& s) {
    if (s.crop > 0) return static_cast<int>(s.crop);
    if (s.preprocess != "auto") return v1().crop;
    // As safetensors, whose metadata are quickly read, whatever it is: of other kinds only what stands beside is seen.
    auto const found =
        model::find_file_preprocessing(weights_file(s), model::file_kind::safetensors, parts::torch_archives);
    return found && *found ? (*found)->options.crop : v1().crop;
}

}  // namespace sma::app
