#include "sma/model/tensor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace sma::model {
namespace {

struct type_facts {
    dtype type;
    std::string_view name;
    std::size_t bytes;
};

constexpr std::array<type_facts, 10> types{{
    {dtype::f64, "F64", 8},
    {dtype::f32, "F32", 4},
    {dtype::f16, "F16", 2},
    {dtype::bf16, "BF16", 2},
    {dtype::i64, "I64", 8},
    {dtype::i32, "I32", 4},
    {dtype::i16, "I16", 2},
    {dtype::i8, "I8", 1},
    {dtype::u8, "U8", 1},
    {dtype::boolean, "BOOL", 1},
}};

type_facts const& facts_of(dtype type) noexcept { return types[static_cast<std::size_t>(type)]; }

constexpr std::align_val_t alignment{64};

std::shared_ptr<std::byte const> take_memory(std::size_t bytes) {
    auto* const memory = static_cast<std::byte*>(::operator new(std::max<std::size_t>(bytes, 1), alignment));
    return {memory, [](std::byte const* p) { ::operator delete(const_cast<std::byte*>(p), alignment); }};
}

std::size_t count_of(tensor_shape const& shape) {
    auto const count = element_count(shape);
    if (!count) throw std::logic_error("a tensor's shape overflows");
    return static_cast<std::size_t>(*count);
}

/// IEEE 754's binary16. The product with 2^112 moves the exponent's bias from 15 to 127, and is exact for subnormal
/// numbers too.
float widen_f16(std::uint16_t half) noexcept {
    auto const magnitude = static_cast<std::uint32_t>(half & 0x7fff);
    auto const scaled = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112F);
    auto const special = (magnitude << 13) | 0x7f800000U;  // infinity and NaN
    auto const sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
    return std::bit_cast<float>((magnitude >= 0x7c00 ? special : scaled) | sign);
}

float widen_bf16(std::uint16_t value) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16); }

template <class From, class Widen>
void widen(tensor const& from, std::span<float> to, Widen one) {
    auto const* const values = reinterpret_cast<From const*>(from.bytes());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = one(values[i]);
}

}  // namespace

std::size_t bytes_of(dtype type) noexcept { return facts_of(type).bytes; }

bool is_floating(dtype type) noexcept {
    return type == dtype::f64 || type == dtype::f32 || type == dtype::f16 || type == dtype::bf16;
}

std::string_view dtype_name(dtype type) noexcept { return facts_of(type).name; }

std::optional<dtype> dtype_from_name(std::string_view name) noexcept {
    for (auto const& t : types)
        if (t.name == name) return t.type;
    return std::nullopt;
}

std::string shape_text(tensor_shape const& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

std::optional<std::int64_t> element_count(tensor_shape const& shape) noexcept {
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

tensor::tensor(dtype type, tensor_shape shape)
    : type_(type), shape_(std::move(shape)), size_(count_of(shape_)), bytes_(take_memory(size_ * bytes_of(type))) {}

tensor::tensor(dtype type, tensor_shape shape, std::shared_ptr<std::byte const> bytes)
    : type_(type), shape_(std::move(shape)), size_(count_of(shape_)), bytes_(std::move(bytes)) {}

tensor to_f32(tensor const& t) {
    if (t.type() == dtype::f32) return t;
    tensor made(dtype::f32, t.shape());
    auto const to = made.fill<float>();
    switch (t.type()) {
        case dtype::f64:
            widen<double>(t, to, [](double x) { return static_cast<float>(x); });
            return made;
        case dtype::f16:
            widen<std::uint16_t>(t, to, widen_f16);
            return made;
        case dtype::bf16:
            widen<std::uint16_t>(t, to, widen_bf16);
            return made;
        default:
            throw std::logic_error("a tensor of whole numbers is not converted to F32");
    }
}

}  // namespace sma::model
