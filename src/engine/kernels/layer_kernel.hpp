// Interface of a layer that we compute ourselves, at any batch size.
#pragma once

#include <cstddef>

namespace sma::engine {

/// Immutable once built; its packed weights lie in memory that outlives it. The calling thread's OpenMP team works;
/// nothing is allocated.
class layer_kernel {
public:
    layer_kernel() = default;
    virtual ~layer_kernel() = default;
    layer_kernel(layer_kernel const&) = delete;
    layer_kernel& operator=(layer_kernel const&) = delete;

    virtual std::size_t scratch_bytes(int images) const noexcept = 0;
    /// NHWC in, NHWC out. A residual lies where the output will. `scratch` is aligned to 64 bytes.
    virtual void run(int images, std::byte const* in, std::byte* out, std::byte* scratch) const = 0;
};

}  // namespace sma::engine
