// A file that others see whole or not at all.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <string_view>

namespace sma::serving {

/// Ending of the names of files that are being written.
constexpr std::string_view unfinished = ".part";

/// Writes a new file that only its owner may read, under another name until it is whole. Error: io_error; then nothing
/// is left.
result<void> write_sample_file(std::filesystem::path const& file, std::string_view bytes);

}  // namespace sma::serving
