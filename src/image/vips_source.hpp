// libvips source over the chosen parts of a file in memory; it ends when the time limit has passed.
#pragma once

#include "work_watch.hpp"

#include <string_view>
#include <vector>

#include <vips/vips.h>

namespace sma::image {

/// A new reference. `parts` and `watch` must outlive it. Throws std::bad_alloc.
VipsSource* new_parts_source(std::vector<std::string_view> const& parts, work_watch const& watch);

}  // namespace sma::image
