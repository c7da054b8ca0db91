// Table of the part "image": decoding.
#pragma once

#include "sma/core/part.hpp"
#include "sma/image/decoder_work.hpp"
#include "sma/image/format_names.hpp"

namespace sma::image {

/// Immutable; any thread.
struct image_part : part {
    decltype(&image::make_decoder_work) make_decoder_work = nullptr;
    decltype(&image::format_name_of) format_name_of = nullptr;
    decltype(&image::readable_formats) readable_formats = nullptr;
};

}  // namespace sma::image
