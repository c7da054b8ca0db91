#include "image_staging.hpp"

#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace sma::onnx {
namespace {

constexpr std::size_t channels = 3;

float converted(float v, float const*) noexcept { return v; }
Ort::Float16_t converted(float v, Ort::Float16_t const*) noexcept { return Ort::Float16_t(v); }
std::uint8_t converted(float v, std::uint8_t const*) noexcept {
    return static_cast<std::uint8_t>(std::lround(std::clamp(v * 255.0F, 0.0F, 255.0F)));
}

template <class T>
void stage(float const* from, T* to, std::size_t pixels, image_layout layout) noexcept {
    constexpr T const* tag = nullptr;
    if (layout == image_layout::nhwc) {
        std::transform(from, from + pixels * channels, to, [](float v) { return converted(v, tag); });
        return;
    }
    T* const green = to + pixels;
    T* const blue = green + pixels;
    for (std::size_t i = 0; i < pixels; ++i) {
        to[i] = converted(from[channels * i], tag);
        green[i] = converted(from[channels * i + 1], tag);
        blue[i] = converted(from[channels * i + 2], tag);
    }
}

}  // namespace

std::size_t bytes_of(value_type type) noexcept { return type == value_type::f32 ? 4 : type == value_type::f16 ? 2 : 1; }

void stage_image(float const* from, std::byte* to, std::size_t pixels, image_layout layout, value_type type) noexcept {
    switch (type) {
        case value_type::f32:
            return stage(from, reinterpret_cast<float*>(to), pixels, layout);
        case value_type::f16:
            return stage(from, reinterpret_cast<Ort::Float16_t*>(to), pixels, layout);
        case value_type::u8:
            return stage(from, reinterpret_cast<std::uint8_t*>(to), pixels, layout);
    }
}

}  // namespace sma::onnx
