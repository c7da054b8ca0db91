// Kernels of planar images, compiled once for each instruction set: foreach_target.h includes this file repeatedly.
#include "planar_kernels.hpp"

#include <algorithm>
#include <cstring>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "planar_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sma::image::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using values_tag = hn::CappedTag<float, 16>;
using values = hn::Vec<values_tag>;

// Loads bytes, because a tensor inside a request's body has any alignment.
HWY_INLINE values load(std::byte const* p) {
    values_tag const d;
#if HWY_TARGET == HWY_SCALAR
    float value;
    std::memcpy(&value, p, sizeof value);
    return hn::Set(d, value);
#else
    hn::Repartition<std::uint8_t, values_tag> const bytes;
    return hn::BitCast(d, hn::LoadU(bytes, reinterpret_cast<std::uint8_t const*>(p)));
#endif
}

struct as_f32 {
    using type = float;
    hn::Rebind<float, values_tag> tag;
    HWY_INLINE values operator()(values v) const { return v; }
};

// Rounds to nearest, ties to even; values that are not finite are refused afterwards.
struct as_bf16 {
    using type = std::uint16_t;
    hn::Rebind<std::uint16_t, values_tag> tag;
    HWY_INLINE auto operator()(values v) const {
        hn::RebindToUnsigned<values_tag> const du;
        hn::RebindToSigned<values_tag> const di;
        auto const bits = hn::BitCast(du, v);
        auto const odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
        auto const rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fff))));
        return hn::DemoteTo(tag, hn::BitCast(di, rounded));
    }
};

struct as_s8 {
    using type = std::int8_t;
    hn::Rebind<std::int8_t, values_tag> tag;
    float inverse_scale;
    HWY_INLINE auto operator()(values v) const {
        values_tag const d;
        auto const scaled = hn::Mul(v, hn::Set(d, inverse_scale));
        auto const bounded = hn::Min(hn::Max(scaled, hn::Set(d, -128.0F)), hn::Set(d, 127.0F));
        return hn::DemoteTo(tag, hn::NearestInt(bounded));
    }
};

// One vector of each channel to `out`. The sum of v * 0 is a number as long as every v was finite.
template <class Convert>
HWY_INLINE values interleave_step(std::byte const* r, std::byte const* g, std::byte const* b, Convert const& convert,
                                  values sum, typename Convert::type* out) {
    auto const red = load(r);
    auto const green = load(g);
    auto const blue = load(b);
    hn::StoreInterleaved3(convert(red), convert(green), convert(blue), convert.tag, out);
    auto const zero = hn::Zero(values_tag());
    return hn::MulAdd(red, zero, hn::MulAdd(green, zero, hn::MulAdd(blue, zero, sum)));
}

template <class Convert>
bool interleave(rgb_planes const& in, Convert const& convert, typename Convert::type* out) {
    values_tag const d;
    std::size_t const lanes = hn::Lanes(d);
    auto const* r = in.channels[0];
    auto const* g = in.channels[1];
    auto const* b = in.channels[2];
    auto sum = hn::Zero(d);
    std::size_t i = 0;
    for (; i + lanes <= in.pixels; i += lanes)
        sum = interleave_step(r + 4 * i, g + 4 * i, b + 4 * i, convert, sum, out + 3 * i);
    if (i < in.pixels) {
        std::byte last[3][64] = {};
        typename Convert::type converted[3 * 16];
        auto const rest = in.pixels - i;
        for (int c = 0; c < 3; ++c) std::memcpy(last[c], in.channels[c] + 4 * i, 4 * rest);
        sum = interleave_step(last[0], last[1], last[2], convert, sum, converted);
        std::copy(converted, converted + 3 * rest, out + 3 * i);
    }
    return hn::AllTrue(d, hn::Eq(sum, sum));
}

bool to_f32(rgb_planes const& in, float* out) { return interleave(in, as_f32{}, out); }
bool to_bf16(rgb_planes const& in, std::uint16_t* out) { return interleave(in, as_bf16{}, out); }
bool to_s8(rgb_planes const& in, float scale, std::int8_t* out) { return interleave(in, as_s8{{}, 1.0F / scale}, out); }

planar_kernels planar_kernel_set() { return {to_f32, to_bf16, to_s8}; }

}  // namespace sma::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sma::image {

HWY_EXPORT(planar_kernel_set);

planar_kernels const& best_planar_kernels() noexcept {
    static planar_kernels const set = HWY_DYNAMIC_DISPATCH(planar_kernel_set)();
    return set;
}

std::vector<planar_kernels> all_planar_kernels() {
    std::vector<planar_kernels> sets;
    for (auto target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        sets.push_back(HWY_DYNAMIC_DISPATCH(planar_kernel_set)());
    }
    hwy::SetSupportedTargetsForTest(0);
    return sets;
}

}  // namespace sma::image
#endif
