#include "sma/libtorch/tensor_bridge.hpp"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

namespace sma::libtorch {
namespace {

using model::dtype;

constexpr std::array<std::pair<at::ScalarType, dtype>, 10> types{{
    {at::ScalarType::Double, dtype::f64},
    {at::ScalarType::Float, dtype::f32},
    {at::ScalarType::Half, dtype::f16},
    {at::ScalarType::BFloat16, dtype::bf16},
    {at::ScalarType::Long, dtype::i64},
    {at::ScalarType::Int, dtype::i32},
    {at::ScalarType::Short, dtype::i16},
    {at::ScalarType::Char, dtype::i8},
    {at::ScalarType::Byte, dtype::u8},
    {at::ScalarType::Bool, dtype::boolean},
}};

}  // namespace

at::ScalarType scalar_type(dtype type) noexcept {
    return std::find_if(types.begin(), types.end(), [type](auto const& t) { return t.second == type; })->first;
}

std::optional<dtype> dtype_of(at::ScalarType type) noexcept {
    auto const* const found =
        std::find_if(types.begin(), types.end(), [type](auto const& t) { return t.first == type; });
    return found == types.end() ? std::nullopt : std::optional(found->second);
}

at::Tensor to_torch(model::tensor const& t) {
    if (!t.is_defined()) return {};
    return at::from_blob(
        const_cast<std::byte*>(t.bytes()), t.shape(), [keep = t](void*) {}, at::TensorOptions(scalar_type(t.type())));
}

model::tensor from_torch(at::Tensor const& t) {
    auto const type = dtype_of(t.scalar_type());
    if (!type) throw std::logic_error("a tensor of a type that weight files do not have");
    auto const kept = std::make_shared<at::Tensor>(t.cpu().contiguous());
    std::shared_ptr<std::byte const> const bytes(kept, static_cast<std::byte const*>(kept->data_ptr()));
    // An empty tensor of libtorch's has no memory.
    if (bytes == nullptr) return {*type, kept->sizes().vec()};
    return {*type, kept->sizes().vec(), bytes};
}

}  // namespace sma::libtorch
