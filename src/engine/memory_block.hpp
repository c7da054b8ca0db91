// Memory block for weights or activations.
#pragma once

#include <cstddef>
#include <memory>

namespace sma::engine {

/// Deletes what a memory_block holds.
struct give_back_memory {
    std::size_t mapped_bytes = 0;  ///< 0: from the heap
    void operator()(std::byte* p) const noexcept;
};

/// Move-only. Aligned to 64 bytes at least. Large blocks are fresh memory of the kernel's, in huge pages where it gives
/// them, because a forward pass walks over tens of megabytes; they do not come from the heap, whose used pages stay
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

/// To be called before oneDNN makes a primitive: 2.6 writes the code that it generates without looking whether it got
/// memory for it, and crashes where there is none. Asks for far more than the code of one primitive and gives it back
/// untouched; `beside` is what the call will take for other things. Throws out_of_memory.
void require_memory_for_code(std::size_t beside = 0);

}  // namespace sma::engine
