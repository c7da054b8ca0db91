// Work of a decode thread, done by a decoder of its own.
#pragma once

#include "sma/image/decode_options.hpp"
#include "sma/image/image_work.hpp"

namespace sma::image {

/// Starts libvips if it has not been started yet. The result frees what libvips keeps for its thread.
std::unique_ptr<image_work> make_decoder_work(decode_options const& options);

}  // namespace sma::image
