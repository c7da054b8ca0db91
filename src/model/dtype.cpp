#include "dtype.hpp"

#include <algorithm>
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
    bool empty = false;
    for (auto size : shape) {
        if (size < 0) return std::nullopt;
        empty = empty || size == 0;
        // A size of 0 empties the tensor, yet libtorch 2.x refuses to compute strides that overflow beside it.
        if (__builtin_mul_overflow(count, std::max<std::int64_t>(size, 1), &count)) return std::nullopt;
    }
    return empty ? 0 : count;
}

}  // namespace sma::model
