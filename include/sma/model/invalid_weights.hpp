// Error of weights, or of what describes them, that cannot be used.
#pragma once

#include "sma/core/error.hpp"

#include <string>
#include <utility>

namespace sma::model {

inline error invalid_weights(std::string text) { return {errc::invalid_weights, std::move(text)}; }

}  // namespace sma::model
