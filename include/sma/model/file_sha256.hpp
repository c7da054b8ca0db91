// SHA-256 of a file, or of several.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sma::model {

/// In lower-case hex. Errors: io_error; unsupported where OpenSSL has no SHA-256.
result<std::string> file_sha256(std::filesystem::path const& file);

/// Of the contents of all, one after the other.
result<std::string> files_sha256(std::vector<std::filesystem::path> const& files);

}  // namespace sma::model
