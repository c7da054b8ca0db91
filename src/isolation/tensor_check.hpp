// Check of a tensor that is not to be trusted.
#pragma once

#include "sma/core/tensor_buffer.hpp"

namespace sma::isolation {

/// Whether every value is a number. Pure.
bool is_finite(tensor_buffer const& tensor) noexcept;

}  // namespace sma::isolation
