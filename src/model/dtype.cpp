#include "dtype.hpp"

#include <array>
#include <utility>

namespace sma::model {

namespace {

constexpr std::array<std::pair<at::ScalarType, std::string_view>, 10> names{{
    {at::ScalarType::Double, "F64"},
    {at::ScalarType::Float, "F32"},
    {at::ScalarType::Half, "F16"},
    {at::ScalarType::BFloat16, "BF16"},
    {at::ScalarType::Long, "I64"},
    {at::ScalarType::Int, "I32"},
    {at::ScalarType::Short, "I16"},
    {at::ScalarType::Char, "I8"},
    {at::ScalarType::Byte, "U8"},
    {at::ScalarType::Bool, "BOOL"},
}};

}  // namespace

std::string_view dtype_name(at::ScalarType type) noexcept {
    for (auto const& [t, name] : names)
        if (t == type) return name;
    return "?";
}

std::optional<at::ScalarType> dtype_from_name(std::string_view name) noexcept {
    for (auto const& [type, n] : names)
        if (n == name) return type;
    return std::nullopt;
}

std::string shape_text(c10::ArrayRef<std::int64_t> shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

std::optional<std::int64_t> element_count(c10::ArrayRef<std::int64_t> shape) noexcept {
    std::int64_t count = 1;
    bool overflow = false;
    for (auto size : shape) {
        if (size < 0) return std::nullopt;
        // A size of 0 empties the tensor, yet the sizes before it must not have overflowed either.
        overflow = __builtin_mul_overflow(count, size, &count) || overflow;
    }
    if (overflow) return std::nullopt;
    return count;
}

}  // namespace sma::model
