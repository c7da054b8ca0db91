// Size of an image in pixels.
#pragma once

namespace sma::image {

/// After EXIF orientation where that is applied.
struct dimensions {
    int width = 0;
    int height = 0;
};

}  // namespace sma::image
