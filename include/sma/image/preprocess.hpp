// Pre-processing options, with the meaning that torchvision's transforms give them.
#pragma once

#include <array>
#include <string_view>

namespace sma::image {

enum class interpolation { bilinear, bicubic };

/// Resize(resize), CenterCrop(crop), ToTensor, Normalize(mean, std) of torchvision 0.14 on a Pillow image. Immutable
/// once the server runs.
struct preprocess_options {
    int resize = 256;  ///< length of the shorter side after resizing, pixels, 1 to 4096
    int crop = 224;    ///< side of the center crop, pixels, 1 to 4096; the engine's input is crop x crop
    interpolation filter = interpolation::bilinear;
    std::array<float, 3> mean{0.485F, 0.456F, 0.406F};  ///< RGB, of values in [0, 1]
    std::array<float, 3> std{0.229F, 0.224F, 0.225F};   ///< RGB, > 0
    bool apply_exif_orientation = true;
    bool convert_colors = true;  ///< by the image's RGB profile, to sRGB

    bool operator==(preprocess_options const&) const = default;
};

/// "bilinear" or "bicubic".
constexpr std::string_view interpolation_name(interpolation filter) noexcept {
    return filter == interpolation::bicubic ? "bicubic" : "bilinear";
}

}  // namespace sma::image
