// Shape of a convolution over NHWC images.
#pragma once

#include <cstddef>

namespace sma::engine {

struct convolution_shape {
    int channels = 0, height = 0, width = 0;              ///< of the input
    int out_channels = 0, out_height = 0, out_width = 0;  ///< of the output
    int kernel = 1, stride = 1, padding = 0;
    int groups = 1;

    std::size_t pixels() const noexcept { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
    std::size_t out_pixels() const noexcept {
        return static_cast<std::size_t>(out_height) * static_cast<std::size_t>(out_width);
    }
    int taps() const noexcept { return kernel * kernel; }
};

}  // namespace sma::engine
