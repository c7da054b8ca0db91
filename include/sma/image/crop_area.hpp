// Geometry of resize and center crop: what of an image the network sees.
#pragma once

#include "sma/image/dimensions.hpp"
#include "sma/image/preprocess.hpp"

#include <cstdint>

namespace sma::image {

/// Length of both sides after torchvision's Resize.
struct resized_size {
    std::int64_t width;
    std::int64_t height;
};

/// Resize(resize): the shorter side becomes `resize`.
constexpr resized_size resize_shorter_side(int width, int height, int resize) noexcept {
    auto const longer = [resize](int side, int shorter) {
        return static_cast<std::int64_t>(static_cast<double>(std::int64_t{resize} * side) / shorter);
    };
    if (width <= height) return {resize, longer(height, width)};
    return {longer(width, height), resize};
}

constexpr resized_size resized(int width, int height, int resize, crop_mode mode) noexcept {
    return mode == crop_mode::squash ? resized_size{resize, resize} : resize_shorter_side(width, height, resize);
}

/// The start of torchvision's CenterCrop: the offset into the resized side, or the zeros before it where that side is
/// smaller.
struct crop_window {
    std::int64_t offset;  ///< first pixel of the resized side
    int pad_before;       ///< zeros before it
    int count;            ///< pixels of the resized side inside the crop
};

constexpr crop_window center_crop(std::int64_t resized, int crop) noexcept {
    if (resized < crop) return {0, static_cast<int>((crop - resized) / 2), static_cast<int>(resized)};
    std::int64_t const slack = resized - crop;
    std::int64_t const half = slack / 2;
    bool const tie_to_odd = slack % 2 == 1 && half % 2 == 1;  // Python's round() takes a half to the even number
    return {half + (tie_to_odd ? 1 : 0), 0, crop};
}

/// A rectangle in an image, in its pixels.
struct area {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};

/// What the crop of width x height shows of an image (oriented, both sides >= 1) that was resized; it reaches over the
/// edges where the resized image is smaller than the crop.
constexpr area crop_area(dimensions whole, int resize, int width, int height,
                         crop_mode mode = crop_mode::center) noexcept {
    struct span {
        double begin;
        double length;
    };
    auto const of_side = [](int side, std::int64_t resized, int crop) {
        auto const window = center_crop(resized, crop);
        double const scale = static_cast<double>(side) / static_cast<double>(resized);
        return span{static_cast<double>(window.offset - window.pad_before) * scale, crop * scale};
    };
    auto const size = resized(whole.width, whole.height, resize, mode);
    auto const x = of_side(whole.width, size.width, width);
    auto const y = of_side(whole.height, size.height, height);
    return {x.begin, y.begin, x.length, y.length};
}

}  // namespace sma::image
