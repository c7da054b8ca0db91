// Text chunks of a PNG that carry metadata.
#pragma once

#include "stated_orientation.hpp"

#include <string>
#include <string_view>

namespace sma::image {

/// Looks for an orientation in a chunk; those that are no text, or another one, are passed over. `type` is its type,
/// `data` what it holds. Of compressed text no more is inflated than metadata take.
void look_at_png_text(stated_orientation& orientation, std::string_view type, std::string_view data);

/// What a zlib stream holds, as far as it goes and no further than metadata go.
std::string inflated(std::string_view zlib);

}  // namespace sma::image
