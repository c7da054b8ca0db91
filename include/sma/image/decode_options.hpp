// Options of the decoder: what is accepted, how much of it, and how it is read, whatever the model.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sma::image {

struct decode_options {
    std::vector<std::string> formats;      ///< of these; none: of all. Other names are of no format
    std::int64_t pixels_max = 40'000'000;  ///< width x height from the header, checked before memory is taken
    int pages_max = 1'000;                 ///< frames of a GIF or WebP, pages of a TIFF
    bool allow_truncated = false;          ///< fill the missing part instead of PREPROCESSING_FAILED
    bool jpeg_shrink = false;  ///< decode a JPEG at 1/2, 1/4 or 1/8 where at least twice the resized side remains
    std::chrono::milliseconds decode_timeout{5'000};  ///< one image, whatever its deadline says
    bool apply_exif_orientation = true;
    bool convert_colors = true;  ///< by the image's RGB profile, to sRGB

    bool operator==(decode_options const&) const = default;
};

}  // namespace sma::image
