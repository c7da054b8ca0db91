#include "pixel_kind.hpp"

#include <algorithm>
#include <cstring>

namespace sma::image {

namespace {

std::uint8_t cut(std::int16_t v) noexcept { return static_cast<std::uint8_t>(std::clamp<std::int16_t>(v, 0, 255)); }
std::uint8_t cut(std::uint32_t v) noexcept { return static_cast<std::uint8_t>(std::min<std::uint32_t>(v, 255)); }
std::uint8_t cut(std::int32_t v) noexcept { return static_cast<std::uint8_t>(std::clamp<std::int32_t>(v, 0, 255)); }
template <class Real>
std::uint8_t cut_real(Real v) noexcept {
    return v >= Real{255} ? std::uint8_t{255} : v > Real{0} ? static_cast<std::uint8_t>(v) : std::uint8_t{0};
}
std::uint8_t cut(float v) noexcept { return cut_real(v); }
std::uint8_t cut(double v) noexcept { return cut_real(v); }

std::uint8_t high(std::uint8_t v) noexcept { return v; }
std::uint8_t high(std::uint16_t v) noexcept { return static_cast<std::uint8_t>(v >> 8); }

std::uint8_t product_of_fractions(unsigned a, unsigned b) noexcept {
    unsigned const t = a * b + 128;
    return static_cast<std::uint8_t>(((t >> 8) + t) >> 8);
}

template <class T>
void cut_gray(std::uint8_t const* in, int n, std::uint8_t* out) {
    auto const* p = reinterpret_cast<T const*>(in);
    for (int i = 0; i < n; ++i, out += 3) out[0] = out[1] = out[2] = cut(p[i]);
}

template <class T, int Channels>
void gray(std::uint8_t const* in, int n, std::uint8_t* out) {
    auto const* p = reinterpret_cast<T const*>(in);
    for (int i = 0; i < n; ++i, out += 3) out[0] = out[1] = out[2] = high(p[Channels * i]);
}

template <class T, int Channels>
void colors(std::uint8_t const* in, int n, std::uint8_t* out) {
    auto const* p = reinterpret_cast<T const*>(in);
    for (int i = 0; i < n; ++i, out += 3, p += Channels) {
        for (int c = 0; c < 3; ++c) out[c] = high(p[c]);
    }
}

void rgb8(std::uint8_t const* in, int n, std::uint8_t* out) { std::memcpy(out, in, static_cast<std::size_t>(n) * 3); }

template <class T, bool Inverted>
void cmyk(std::uint8_t const* in, int n, std::uint8_t* out) {
    auto const* p = reinterpret_cast<T const*>(in);
    auto const ink = [](T v) { return Inverted ? 255U - high(v) : unsigned{high(v)}; };
    for (int i = 0; i < n; ++i, out += 3, p += 4) {
        unsigned const light = 255 - ink(p[3]);
        for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(light - product_of_fractions(ink(p[c]), light));
    }
}

}  // namespace

std::size_t bytes_of(pixel_kind kind) noexcept {
    switch (kind) {
        case pixel_kind::gray8:
            return 1;
        case pixel_kind::gray_alpha8:
        case pixel_kind::gray16:
        case pixel_kind::signed16:
            return 2;
        case pixel_kind::rgb8:
            return 3;
        case pixel_kind::rgb16:
            return 6;
        case pixel_kind::rgba16:
        case pixel_kind::cmyk16:
        case pixel_kind::real64:
            return 8;
        default:
            return 4;
    }
}

row_converter converter_of(pixel_kind kind) noexcept {
    switch (kind) {
        case pixel_kind::gray8:
            return gray<std::uint8_t, 1>;
        case pixel_kind::gray_alpha8:
            return gray<std::uint8_t, 2>;
        case pixel_kind::rgb8:
            return rgb8;
        case pixel_kind::rgba8:
            return colors<std::uint8_t, 4>;
        case pixel_kind::cmyk8:
            return cmyk<std::uint8_t, false>;
        case pixel_kind::cmyk8_inverted:
            return cmyk<std::uint8_t, true>;
        case pixel_kind::gray16:
            return gray<std::uint16_t, 1>;
        case pixel_kind::gray_alpha16:
            return gray<std::uint16_t, 2>;
        case pixel_kind::rgb16:
            return colors<std::uint16_t, 3>;
        case pixel_kind::rgba16:
            return colors<std::uint16_t, 4>;
        case pixel_kind::cmyk16:
            return cmyk<std::uint16_t, false>;
        case pixel_kind::signed16:
            return cut_gray<std::int16_t>;
        case pixel_kind::unsigned32:
            return cut_gray<std::uint32_t>;
        case pixel_kind::signed32:
            return cut_gray<std::int32_t>;
        case pixel_kind::real32:
            return cut_gray<float>;
        case pixel_kind::real64:
            return cut_gray<double>;
    }
    return rgb8;
}

}  // namespace sma::image
