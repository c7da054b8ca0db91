#include "parameters.hpp"

#include "validation_error.hpp"

#include <optional>
#include <string>

namespace sma::api::inference_protocol {
namespace {

constexpr std::string_view shared_memory_prefix = "shared_memory";

result<void> wrong(std::string_view name, char const* expected) {
    return validation_error("parameter `" + std::string(name) + "`: expected " + expected);
}

result<void> check_supported(std::string_view name) {
    if (name.starts_with(shared_memory_prefix))
        return validation_error("shared memory is not supported: send the tensor in the request's body");
    return {};
}

result<void> set_flag(std::optional<bool>& to, std::string_view name, parameter_value const& value) {
    auto const* flag = std::get_if<bool>(&value);
    if (flag == nullptr) return wrong(name, "true or false");
    to = *flag;
    return {};
}

result<void> set_count(std::optional<std::uint64_t>& to, std::string_view name, parameter_value const& value) {
    auto const* const wide = std::get_if<std::uint64_t>(&value);
    auto const* const count = std::get_if<std::int64_t>(&value);
    if (wide == nullptr && (count == nullptr || *count < 0)) return wrong(name, "a whole number, 0 or more");
    to = wide != nullptr ? *wide : static_cast<std::uint64_t>(*count);
    return {};
}

result<void> set_text(std::optional<std::string>& to, std::string_view name, parameter_value const& value) {
    auto const* text = std::get_if<std::string_view>(&value);
    if (text == nullptr) return validation_error("`" + std::string(name) + "` is not a string");
    to = *text;
    return {};
}

}  // namespace

result<void> set_request_parameter(request_document& to, std::string_view name, parameter_value const& value) {
    if (auto const supported = check_supported(name); !supported) return supported;
    if (name == "binary_data_output") return set_flag(to.binary_data_output, name, value);
    if (name == "classification") return set_count(to.classification, name, value);
    if (name == "timeout") return set_count(to.timeout_us, name, value);
    return {};
}

result<void> set_input_parameter(document_input& to, std::string_view name, parameter_value const& value) {
    if (auto const supported = check_supported(name); !supported) return supported;
    if (name == "binary_data_size") return set_count(to.binary_data_size, name, value);
    return {};
}

result<void> set_output_parameter(document_output& to, std::string_view name, parameter_value const& value) {
    if (auto const supported = check_supported(name); !supported) return supported;
    if (name == "binary_data") return set_flag(to.binary_data, name, value);
    if (name == "classification") return set_count(to.classification, name, value);
    if (name == "top_k") return set_count(to.top_k, name, value);
    if (name == "normalize") return set_text(to.normalize, name, value);
    return {};
}

}  // namespace sma::api::inference_protocol
