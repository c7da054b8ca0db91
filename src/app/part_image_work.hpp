// Work of a decode thread, done by the part "image".
#pragma once

#include "sma/core/metrics.hpp"
#include "sma/core/settings.hpp"
#include "sma/image/image_work.hpp"

namespace sma::app {

/// Makes work that loads the part on its own thread. Where it cannot be loaded every image has that error. Decoders are
/// isolated where the settings say so. `m` outlives the factory and its work.
image::image_work_factory part_image_work(settings const& s, metrics& m);

/// Whether decoders can be isolated where the settings want them to be. Error: unsupported, with what to do about it.
result<void> check_decoder_isolation(settings const& s);

}  // namespace sma::app
