// Inner loops of the resampler and of the normalization, in vectors (Highway), for this CPU's instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sma::image {

/// Bytes that must be readable after the last pixel of a row given to `horizontal`, beyond six a pair of taps.
constexpr std::size_t row_slack_bytes = 16;
/// Every row that `vertical` reads or writes is a multiple of this many bytes wide.
constexpr std::size_t vertical_block_bytes = 32;
/// Values of scratch that `horizontal` needs beyond three an output pixel.
constexpr std::size_t sums_slack = 16;

/// The weights of one axis for `horizontal`: for each output pixel `pairs` times {a, a, a, b, b, b, 0, 0}, a and b
/// being the weights of two neighbors.
struct horizontal_weights {
    std::int32_t const* offsets;  ///< bytes from the row's start, an output pixel
    std::int32_t const* weights;
    int pairs;
    int count;
};

/// value = byte * factor + term, for the three channels, repeated until the pattern meets the end of any vector.
struct affine {
    static constexpr std::size_t period = 48;
    alignas(64) float factor[period];
    alignas(64) float term[period];
};

/// Functions over interleaved RGB bytes. All are pure, and exact: the sums are those of Pillow's 22-bit fixed point.
struct kernels {
    /// `out`: count x 3 bytes. `sums`: scratch of count x 3 + sums_slack values.
    void (*horizontal)(std::uint8_t const* row, horizontal_weights const& w, std::int32_t* sums, std::uint8_t* out);
    /// out[i] = sum of weights[t] * rows[t][i], for i < bytes, a multiple of vertical_block_bytes.
    void (*vertical)(std::uint8_t const* const* rows, std::int32_t const* weights, int taps, std::size_t bytes,
                     std::uint8_t* out);
    /// Normalizes n values; the first is a red one.
    void (*to_f32)(std::uint8_t const* in, affine const& a, std::size_t n, float* out);
    void (*to_bf16)(std::uint8_t const* in, affine const& a, std::size_t n, std::uint16_t* out);
    void (*to_s8)(std::uint8_t const* in, affine const& a, std::size_t n, std::int8_t* out);
};

/// The best kernels for this CPU.
kernels const& best_kernels() noexcept;
/// All kernels that this CPU can run, to compare them. Not thread-safe: for tests.
std::vector<kernels> all_kernels();

}  // namespace sma::image
