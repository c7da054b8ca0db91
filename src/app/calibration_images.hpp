// Calibration images for `model quantize`, from a directory of photographs.
#pragma once

#include "sma/image/decoder.hpp"
#include "sma/model/quantize.hpp"

#include <filesystem>

namespace sma::app {

/// The images below `directory` (recursive, in order of path) that decode, pre-processed as `options` say. Files that
/// are not images are skipped. Images are decoded again at each use, so that memory does not grow with their number.
/// Errors: io_error (no such directory), invalid_setting (no image in it).
result<model::image_set> find_calibration_images(std::filesystem::path const& directory, image::decode_options options);

}  // namespace sma::app
