// Tensor of a weight file: an element type, a shape and the bytes of the elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sma::model {

/// The element types of the safetensors format.
enum class dtype { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

std::size_t bytes_of(dtype type) noexcept;
bool is_floating(dtype type) noexcept;
/// The safetensors name, e.g. "F32".
std::string_view dtype_name(dtype type) noexcept;
/// The type of a safetensors name.
std::optional<dtype> dtype_from_name(std::string_view name) noexcept;

using tensor_shape = std::vector<std::int64_t>;

/// "[64, 3, 7, 7]".
std::string shape_text(tensor_shape const& shape);
/// The number of elements; empty when a size is negative or the product of those above 0 does not fit.
std::optional<std::int64_t> element_count(tensor_shape const& shape) noexcept;

/// The type of elements of the C++ type T, for those types that have one.
template <class T>
constexpr dtype dtype_of() noexcept {
    if constexpr (std::is_same_v<T, double>)
        return dtype::f64;
    else if constexpr (std::is_same_v<T, float>)
        return dtype::f32;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return dtype::i64;
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return dtype::i8;
    else {
        static_assert(std::is_same_v<T, std::uint8_t>, "no such element type");
        return dtype::u8;
    }
}

/// Elements in row-major order without gaps. Copies share them: who fills a tensor does so before anyone else holds it.
/// Any thread.
class tensor {
public:
    tensor() = default;  ///< no tensor: is_defined() is false

    /// Elements that are not set yet, aligned to 64 bytes. The product of `shape` must fit, see element_count().
    /// Throws std::bad_alloc.
    tensor(dtype type, tensor_shape shape);

    /// A view: `bytes` must be aligned for the type, and lives as long as any copy.
    tensor(dtype type, tensor_shape shape, std::shared_ptr<std::byte const> bytes);

    bool is_defined() const noexcept { return bytes_ != nullptr; }
    dtype type() const noexcept { return type_; }
    tensor_shape const& shape() const noexcept { return shape_; }
    std::size_t dimensions() const noexcept { return shape_.size(); }
    /// The number of elements.
    std::size_t size() const noexcept { return size_; }
    std::size_t byte_count() const noexcept { return size_ * bytes_of(type_); }
    std::byte const* bytes() const noexcept { return bytes_.get(); }

    /// The elements; throws std::logic_error if they are of another type.
    template <class T>
    std::span<T const> values() const {
        require(dtype_of<T>());
        return {reinterpret_cast<T const*>(bytes_.get()), size_};
    }
    /// To fill a tensor that nobody else holds and that is no view.
    template <class T>
    std::span<T> fill() {
        require(dtype_of<T>());
        return {reinterpret_cast<T*>(const_cast<std::byte*>(bytes_.get())), size_};
    }
    std::byte* fill_bytes() noexcept { return const_cast<std::byte*>(bytes_.get()); }

private:
    void require(dtype type) const {
        if (type_ != type) throw std::logic_error("a tensor has another type than its reader expects");
    }

    dtype type_ = dtype::f32;
    tensor_shape shape_;
    std::size_t size_ = 0;
    std::shared_ptr<std::byte const> bytes_;
};

/// A tensor of one dimension.
template <class T>
tensor make_tensor(std::span<T const> values) {
    tensor made(dtype_of<T>(), {static_cast<std::int64_t>(values.size())});
    auto const to = made.fill<T>();
    for (std::size_t i = 0; i < values.size(); ++i) to[i] = values[i];
    return made;
}

/// The elements of a floating type as F32, exact but for F64; `t` itself if that is what it is. Throws std::logic_error
/// for other types, std::bad_alloc.
tensor to_f32(tensor const& t);

}  // namespace sma::model
