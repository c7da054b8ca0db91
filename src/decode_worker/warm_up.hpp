// First images of a worker.
#pragma once

#include "sma/image/image_work.hpp"

namespace sma::decode_worker {

/// Decodes an image of each format that workers are for, so that what libraries open or start at their first image is
/// there before nothing may be opened any more.
void warm_up(image::image_work& work);

}  // namespace sma::decode_worker
