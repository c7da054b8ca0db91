// A large piece of memory for weights or activations.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace sma::engine {

/// Move-only. Aligned to 64 bytes at least; large blocks are aligned to and made of huge pages where the kernel gives
/// them, because a forward pass walks over tens of megabytes. Not initialised.
class memory_block {
public:
    memory_block() = default;
    /// Throws out_of_memory.
    explicit memory_block(std::size_t bytes);

    std::byte* data() const noexcept { return memory_.get(); }
    std::size_t size() const noexcept { return size_; }

private:
    struct free_memory {
        void operator()(std::byte* p) const noexcept { std::free(p); }
    };
    std::unique_ptr<std::byte, free_memory> memory_;
    std::size_t size_ = 0;
};

}  // namespace sma::engine
