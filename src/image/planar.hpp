// Packing of an image that a client has normalized (three planes of FP32, as in PyTorch and ONNX) into the engine's
// layout.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/tensor_buffer.hpp"

#include <cstddef>
#include <string_view>

namespace sma::image {

/// Bytes of one such image: 3 x height x width little-endian FP32 values.
std::size_t planar_bytes(input_format const& format) noexcept;

/// Writes `planes` (RGB, at any address) into `out` in its format, in about a tenth of a millisecond. Any thread.
/// Error: validation_error, if there are not planar_bytes() of them or a value is not finite.
result<void> pack_planar(std::string_view planes, tensor_buffer& out);

}  // namespace sma::image
