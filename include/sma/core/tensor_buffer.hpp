// Tensor buffer of one pre-processed image, and the pool that recycles its memory.
#pragma once

#include "sma/core/thread_annotations.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sma {

enum class element_type { f32, bf16, s8 };

constexpr std::size_t bytes_of(element_type t) noexcept {
    return t == element_type::f32 ? 4 : t == element_type::bf16 ? 2 : 1;
}

/// The layout an engine wants its images in: NHWC, three channels (RGB), `element` values of the normalized image.
/// For s8 a real value x is stored as clamp(round(x / scale), -128, 127).
struct input_format {
    int height = 224;  ///< rows, >= 1
    int width = 224;   ///< columns, >= 1
    element_type element = element_type::f32;
    float scale = 1.0F;  ///< only for s8

    std::size_t elements() const noexcept {
        return std::size_t{3} * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    }
    std::size_t bytes() const noexcept { return elements() * bytes_of(element); }
    bool operator==(input_format const&) const = default;
};

/// Memory of one image, 64-byte aligned, `format.bytes()` long. Move-only, but share() gives others the same memory; it
/// returns to the pool it came from when the last of them is gone, on whichever thread that is.
class tensor_buffer {
public:
    tensor_buffer() = default;
    tensor_buffer(tensor_buffer&&) noexcept = default;
    tensor_buffer& operator=(tensor_buffer&&) noexcept = default;

    std::byte* data() noexcept { return memory_.get(); }
    std::byte const* data() const noexcept { return memory_.get(); }
    input_format const& format() const noexcept { return format_; }
    explicit operator bool() const noexcept { return memory_ != nullptr; }

    /// Another buffer with this one's memory, which nobody may write to from then on.
    tensor_buffer share() const;

private:
    friend class tensor_pool;

    input_format format_;
    std::shared_ptr<std::byte> memory_;
};

/// Recycles buffers, of which it keeps at most the `spare_max` that came back last, whatever their sizes. Thread-safe.
/// Held by shared_ptr: a buffer keeps its pool alive.
class tensor_pool : public std::enable_shared_from_this<tensor_pool> {
public:
    explicit tensor_pool(std::size_t spare_max);

    /// A buffer with unspecified content. Throws std::bad_alloc.
    tensor_buffer take(input_format const& format);
    /// Frees the spare buffers, so that the memory of a burst is not kept for ever.
    void free_spares() noexcept;

private:
    struct aligned_delete {
        void operator()(std::byte* p) const noexcept;
    };
    using memory = std::unique_ptr<std::byte, aligned_delete>;

    struct spare {
        std::size_t bytes;
        memory block;
    };

    memory take_spare(std::size_t bytes) noexcept;
    void put(memory returned, std::size_t bytes) noexcept;

    std::size_t const spare_max_;
    mutex mutex_;
    std::vector<spare> spares_ SMA_GUARDED_BY(mutex_);  ///< the oldest first; has room for all
};

}  // namespace sma
