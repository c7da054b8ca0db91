// Inner loops from three planes of FP32 values to interleaved pixels of the engine's type, in vectors (Highway), for
// this CPU's instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sma::image {

/// Red, green and blue: little-endian FP32, aligned or not.
struct rgb_planes {
    std::byte const* channels[3];
    std::size_t pixels;  ///< of each
};

/// Each writes 3 x pixels values, and returns true if all that it read were finite. Pure.
struct planar_kernels {
    bool (*to_f32)(rgb_planes const& in, float* out);
    bool (*to_bf16)(rgb_planes const& in, std::uint16_t* out);
    /// clamp(round(value / scale), -128, 127)
    bool (*to_s8)(rgb_planes const& in, float scale, std::int8_t* out);
};

/// The best kernels for this CPU.
planar_kernels const& best_planar_kernels() noexcept;
/// All kernels that this CPU can run, to compare them. Not thread-safe: for tests.
std::vector<planar_kernels> all_planar_kernels();

}  // namespace sma::image
