// FP32 numbers in JSON.
#pragma once

#include "sma/core/json_writer.hpp"

#include <span>

namespace sma::api {

/// The shortest decimals that read back as the same FP32 values, which are finite. About 50 ns each.
void append_numbers(array_writer& to, std::span<float const> numbers);

}  // namespace sma::api
