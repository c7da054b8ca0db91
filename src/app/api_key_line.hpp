// API key of a command that calls a server: the first line of a file.
#pragma once

#include "sma/core/error.hpp"

#include <string>

namespace sma::app {

/// Errors: validation_error, which names the flag --api-key-file.
result<std::string> read_api_key_line(std::string const& file);

}  // namespace sma::app
