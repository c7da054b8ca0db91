// SHA-256 of a file.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <string>

namespace sma::model {

/// In lower-case hex. Errors: io_error; unsupported where OpenSSL has no SHA-256.
result<std::string> file_sha256(std::filesystem::path const& file);

}  // namespace sma::model
