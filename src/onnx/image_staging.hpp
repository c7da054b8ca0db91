// Conversion of images to the layout and type that an ONNX file takes.
#pragma once

#include "sma/onnx/onnx_file.hpp"

#include <cstddef>

namespace sma::onnx {

std::size_t bytes_of(value_type type) noexcept;

/// One image: `from` is f32 [pixels, 3], `to` has bytes_of(type) for each of its values. u8 is 255 times the value,
/// rounded and clamped.
void stage_image(float const* from, std::byte* to, std::size_t pixels, image_layout layout, value_type type) noexcept;

}  // namespace sma::onnx
