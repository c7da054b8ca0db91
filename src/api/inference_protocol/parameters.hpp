// Parameters of an inference request, of its inputs and of its outputs: which are known, and what they may be.
#pragma once

#include "request_document.hpp"
#include "sma/core/error.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace sma::api::inference_protocol {

using parameter_value = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string_view>;

// Unknown parameters are ignored. Error: validation_error for a value of the wrong type, and for shared memory.

result<void> set_request_parameter(request_document& to, std::string_view name, parameter_value const& value);
result<void> set_input_parameter(document_input& to, std::string_view name, parameter_value const& value);
result<void> set_output_parameter(document_output& to, std::string_view name, parameter_value const& value);

}  // namespace sma::api::inference_protocol
