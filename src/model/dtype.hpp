// Names of element types and shapes in error messages and in the safetensors format.
#pragma once

#include <c10/core/ScalarType.h>
#include <c10/util/ArrayRef.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sma::model {

/// The safetensors name of a type, e.g. "F32"; "?" for one that the format or this project does not have.
std::string_view dtype_name(at::ScalarType type) noexcept;
/// The type of a safetensors name.
std::optional<at::ScalarType> dtype_from_name(std::string_view name) noexcept;
/// "[64, 3, 7, 7]".
std::string shape_text(c10::ArrayRef<std::int64_t> shape);
/// The number of elements; empty when a size is negative or the product of those above 0 does not fit.
std::optional<std::int64_t> element_count(c10::ArrayRef<std::int64_t> shape) noexcept;

}  // namespace sma::model
