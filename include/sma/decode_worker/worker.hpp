// The program of a worker process: decodes one image after the other for the server that started it.
#pragma once

#include "sma/image/decode_options.hpp"
#include "sma/image/image_work.hpp"

#include <memory>

namespace sma::decode_worker {

/// Works until the server ends it or goes; the exit status. The process must have been started by isolation, with its
/// two descriptors.
int run(std::unique_ptr<image::image_work> (*make_work)(image::decode_options const& options));

}  // namespace sma::decode_worker
