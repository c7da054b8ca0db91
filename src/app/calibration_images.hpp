// Calibration images for `model quantize`, from a directory of photographs.
#pragma once

#include "sma/image/image_work.hpp"
#include "sma/image/preprocess.hpp"
#include "sma/libtorch/quantize.hpp"

#include <filesystem>
#include <memory>

namespace sma::app {

/// The images below `directory` (recursive, in order of path) that decode, pre-processed by `work` as `how` says.
/// Files that are not images are skipped. Images are decoded again at each use, so that memory does not grow
/// with their number. Errors: io_error (no such directory), invalid_setting (no image in it).
result<libtorch::image_set> find_calibration_images(std::filesystem::path const& directory,
                                                    std::unique_ptr<image::image_work> work,
                                                    image::preprocess_options const& how);

}  // namespace sma::app
