// Memory that a server and its worker share: a file on its way in, a tensor on its way out.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/unique_fd.hpp"
#include "sma/isolation/messages.hpp"

#include <atomic>
#include <span>
#include <string_view>

namespace sma::isolation {

/// A mapping. Move-only; belongs to one thread, but for client_left().
class shared_memory {
public:
    /// New memory, whose size nobody can change any more: one end could end the other by that (SIGBUS). `descriptor`
    /// becomes what the other end maps. Error: io_error.
    static result<shared_memory> create(memory_layout const& layout, unique_fd& descriptor);
    /// The other end's. Error: io_error.
    static result<shared_memory> map(memory_layout const& layout, int descriptor);
    shared_memory(shared_memory&& other) noexcept;
    shared_memory& operator=(shared_memory&&) = delete;
    ~shared_memory();

    /// The word in front. Any thread.
    std::atomic<bool>& client_left() noexcept { return *reinterpret_cast<std::atomic<bool>*>(begin_); }
    std::span<std::byte> tensor() noexcept { return {begin_ + memory_layout::tensor_offset, layout_.tensor_bytes}; }
    std::span<std::byte> file() noexcept { return {begin_ + layout_.file_offset(), layout_.file_bytes}; }

    /// Gives back the memory of a large file: the next may be small.
    void forget_large_file(std::size_t bytes) noexcept;

private:
    shared_memory(memory_layout const& layout, std::byte* begin) noexcept : layout_(layout), begin_(begin) {}

    memory_layout layout_;
    std::byte* begin_;
};

static_assert(std::atomic<bool>::is_always_lock_free, "it is shared by two processes");

}  // namespace sma::isolation
