// Table of the part "image": decoding.
#pragma once

#include "sma/core/part.hpp"
#include "sma/image/decoder_work.hpp"

namespace sma::image {

/// Immutable; any thread.
struct image_part : part {
    decltype(&image::make_decoder_work) make_decoder_work = nullptr;
};

}  // namespace sma::image
