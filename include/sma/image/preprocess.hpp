// How an image becomes the network's input: the settings, and the way torchvision's transforms do it.
#pragma once

#include <array>

namespace sma::image {

enum class interpolation { bilinear, bicubic };

/// Resize(resize), CenterCrop(crop), ToTensor, Normalize(mean, std) of torchvision 0.14 on a Pillow image. Immutable once
/// the server runs.
struct preprocess_options {
    int resize = 256;  ///< length of the shorter side after resizing, pixels
    int crop = 224;    ///< side of the centre crop, pixels; the engine's input is crop x crop
    interpolation filter = interpolation::bilinear;
    std::array<float, 3> mean{0.485F, 0.456F, 0.406F};  ///< RGB, of values in [0, 1]
    std::array<float, 3> std{0.229F, 0.224F, 0.225F};
    bool apply_exif_orientation = true;
};

}  // namespace sma::image
