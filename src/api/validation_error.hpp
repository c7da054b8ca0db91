// Error of a request that is well formed and asks for what cannot be.
#pragma once

#include "sma/core/error.hpp"

#include <string>
#include <utility>

namespace sma::api {

inline error validation_error(std::string text) { return {errc::validation_error, std::move(text)}; }

}  // namespace sma::api
