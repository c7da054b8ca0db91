// Writer of a HEIF file that holds one picture and nothing else: what the library sees in place of the file sent.
#pragma once

#include "heif_picture.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sma::image {

/// Appends the file to `out`, with those properties of each item that `keeps` approves. The result has the data of each
/// item in the order of picture.items; the views are into `out`.
std::vector<std::string_view> write_heif(heif_picture const& picture, std::string_view brand,
                                         bool (*keeps)(std::string_view property), std::string& out);

}  // namespace sma::image
