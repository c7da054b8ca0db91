#include "sma/image/preprocess.hpp"

#include <string>

namespace sma::image {

namespace {

error bad_value(std::string_view setting, std::string_view value, std::string_view allowed) {
    return error(errc::invalid_setting,
                 std::string(setting) + " = \"" + std::string(value) + "\": expected " + std::string(allowed));
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

}  // namespace sma::image
