// Work of a decode thread, done by the part "image".
#pragma once

#include "sma/image/decode_options.hpp"
#include "sma/image/image_work.hpp"

namespace sma::app {

/// Makes work that loads the part on its own thread. Where it cannot be loaded every image has that error.
image::image_work_factory part_image_work(image::decode_options options);

}  // namespace sma::app
