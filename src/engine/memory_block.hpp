// Memory block for weights or activations.
#pragma once

#include <cstddef>
#include <memory>

namespace sma::engine {

/// Deleter of a memory_block's memory.
struct give_back_memory {
    std::size_t mapped_bytes = 0;  ///< 0: from the heap
    void operator()(std::byte* p) const noexcept;
};

/// Move-only. Aligned to at least 64 bytes. Large blocks are mapped from the kernel, in huge pages where it grants
/// them, because a forward pass walks over tens of megabytes. They do not come from the heap, whose used pages stay
/// small. Not initialized.
class memory_block {
public:
    memory_block() = default;
    /// Throws out_of_memory.
    explicit memory_block(std::size_t bytes);

    std::byte* data() const noexcept { return memory_.get(); }
    std::size_t size() const noexcept { return size_; }

private:
    std::unique_ptr<std::byte, give_back_memory> memory_;
    std::size_t size_ = 0;
};

}  // namespace sma::engine
