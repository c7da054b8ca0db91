// Names of the image formats, as the setting `formats` spells them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sma::image {

/// All that are known: "jpeg", "png" and so on.
std::vector<std::string> format_names();

/// Judged by the first bytes alone; empty if the file is of none of them.
std::string_view format_name_of(std::string_view file) noexcept;

/// Those of `names` that this machine's libvips reads; all of them until it was started. Any thread, never blocks.
std::vector<std::string> readable_formats(std::vector<std::string> names);

}  // namespace sma::image
