#include "sma/image/preprocess.hpp"

#include <cmath>
#include <string>

namespace sma::image {

namespace {

constexpr int side_max = 4096;

error bad_value(std::string_view setting, std::string_view value, std::string_view allowed) {
    return error(errc::invalid_setting,
                 std::string(setting) + " = \"" + std::string(value) + "\": expected " + std::string(allowed));
}

result<void> check_side(std::string_view setting, int value) {
    if (value >= 1 && value <= side_max) return {};
    return bad_value(setting, std::to_string(value), "1 to " + std::to_string(side_max));
}

}  // namespace

result<preprocess_options> parse_preprocess_preset(std::string_view name) {
    preprocess_options options;
    if (name == "v1") return options;
    if (name == "v2") {
        options.resize = 232;
        return options;
    }
    return bad_value("preprocess", name, "v1 or v2");
}

result<interpolation> parse_interpolation(std::string_view name) {
    if (name == "bilinear") return interpolation::bilinear;
    if (name == "bicubic") return interpolation::bicubic;
    return bad_value("interpolation", name, "bilinear or bicubic");
}

std::string_view interpolation_name(interpolation filter) noexcept {
    return filter == interpolation::bicubic ? "bicubic" : "bilinear";
}

result<bool> parse_exif_orientation(std::string_view name) {
    if (name == "apply") return true;
    if (name == "ignore") return false;
    return bad_value("exif_orientation", name, "apply or ignore");
}

result<void> validate(preprocess_options const& options) {
    if (auto side = check_side("resize", options.resize); side.has_error()) return side;
    if (auto side = check_side("crop", options.crop); side.has_error()) return side;
    for (float value : options.mean) {
        if (!std::isfinite(value)) return bad_value("mean", std::to_string(value), "three finite numbers");
    }
    for (float value : options.std) {
        if (!std::isfinite(value) || value <= 0)
            return bad_value("std", std::to_string(value), "three numbers above 0");
    }
    return {};
}

}  // namespace sma::image
