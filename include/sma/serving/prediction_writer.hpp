// JSON of one predicted class, in the responses of /predict and in the results of the command `batch`.
#pragma once

#include "sma/core/json_writer.hpp"
#include "sma/serving/top_classes.hpp"

#include <cstddef>
#include <string_view>

namespace sma::serving {

/// Decimal places of a confidence, wherever one is written.
inline constexpr int confidence_digits = 6;

/// Adds {"rank", "class_index", "class_name", "confidence"}. The most probable class has rank 1.
void write_prediction(array_writer& predictions, std::size_t rank, scored_class const& scored, std::string_view name);

}  // namespace sma::serving
