// Pre-processing options, with the meaning that torchvision's transforms give them.
#pragma once

#include <array>
#include <string_view>

namespace sma::image {

inline constexpr int resize_max = 4096;  ///< pixels
inline constexpr int crop_min = 32;      ///< pixels; of the settings and of a model's files
inline constexpr int crop_max = 2048;

enum class interpolation { bilinear, bicubic };

/// The way from an image's sides to the crop's. The names are timm's.
enum class crop_mode {
    center,  ///< the shorter side is resized, and the middle is cropped: Resize(n)
    squash   ///< both sides are resized, whatever their ratio: Resize((n, n))
};

/// Resize, CenterCrop(crop), ToTensor, Normalize(mean, std) of torchvision 0.14 on a Pillow image. A property of a
/// model; immutable once it is loaded.
struct preprocess_options {
    int resize = 256;  ///< length of the side or sides that are resized, pixels, 1 to resize_max
    int crop = 224;    ///< side of the center crop, pixels, 1 to crop_max; the engine's input is crop x crop
    crop_mode mode = crop_mode::center;
    interpolation filter = interpolation::bilinear;
    std::array<float, 3> mean{0.485F, 0.456F, 0.406F};  ///< RGB, of values in [0, 1]
    std::array<float, 3> std{0.229F, 0.224F, 0.225F};   ///< RGB, > 0

    bool operator==(preprocess_options const&) const = default;
};

/// "bilinear" or "bicubic".
constexpr std::string_view interpolation_name(interpolation filter) noexcept {
    return filter == interpolation::bicubic ? "bicubic" : "bilinear";
}

/// "center" or "squash".
constexpr std::string_view crop_mode_name(crop_mode mode) noexcept {
    return mode == crop_mode::squash ? "squash" : "center";
}

}  // namespace sma::image
