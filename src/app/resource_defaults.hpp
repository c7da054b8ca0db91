// Defaults derived from the machine's resources, or from the part that a cgroup leaves to this process.
#pragma once

#include "sma/core/settings.hpp"

#include <filesystem>

namespace sma::app {

/// `s` with max_queue_size, max_inflight_body_bytes and max_decode_pixels chosen where they are 0, the first by
/// the size of the first model's input: a reload does not change it. `root` as in usable_memory_bytes().
settings apply_resource_defaults(settings s, std::filesystem::path const& root = "/");

}  // namespace sma::app
