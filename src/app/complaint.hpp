// Message of a command that fails, on stderr.
#pragma once

#include "sma/core/error.hpp"

#include <string>

namespace sma::app {

/// Returns `status`, for the caller to end with.
int complain(std::string const& message, int status);
int complain(error const& e, int status);

}  // namespace sma::app
