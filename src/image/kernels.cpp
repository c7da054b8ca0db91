// Kernels of the resampler and the normalization, compiled once for each instruction set: foreach_target.h includes
// this file repeatedly.
#include "kernels.hpp"

#include "resample_weights.hpp"

#include <algorithm>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sma::image::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int32_t half = 1 << (weight_bits - 1);

template <class D>
hn::Vec<D> load_bytes(D d, std::uint8_t const* p) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::uint8_t, D>(), p));
}

template <class D>
void round_and_store(D, hn::Vec<D> sums, std::uint8_t* out) {
    hn::Rebind<std::uint8_t, D> const bytes;
    hn::StoreU(hn::DemoteTo(bytes, hn::ShiftRight<weight_bits>(sums)), bytes, out);
}

#if HWY_TARGET == HWY_SCALAR
template <int Pairs>
void sum_pixels(std::uint8_t const* row, horizontal_weights const& w, std::int32_t* sums) {
    std::int32_t const* k = w.weights;
    for (int i = 0; i < w.count; ++i, sums += 3) {
        std::uint8_t const* p = row + w.offsets[i];
        std::fill(sums, sums + 3, half);
        for (int pair = 0; pair < w.pairs; ++pair, p += 6, k += 8) {
            for (int c = 0; c < 3; ++c) sums[c] += p[c] * k[c] + p[c + 3] * k[c + 3];
        }
    }
}
#else
// The first four lanes gather the left neighbor of each pair and the red of the right one, the last four the rest.
template <int Pairs>
void sum_pixels(std::uint8_t const* row, horizontal_weights const& w, std::int32_t* sums) {
    hn::FixedTag<std::int32_t, 4> const d4;
    int const pairs = Pairs > 0 ? Pairs : w.pairs;
    std::int32_t const* k = w.weights;
    for (int i = 0; i < w.count; ++i) {
        std::uint8_t const* p = row + w.offsets[i];
#if HWY_MAX_BYTES >= 32
        hn::FixedTag<std::int32_t, 8> const d8;
        auto sum = hn::Zero(d8);
        for (int pair = 0; pair < pairs; ++pair, p += 6, k += 8) {
            sum = hn::Add(sum, hn::Mul(load_bytes(d8, p), hn::LoadU(d8, k)));
        }
        auto const low = hn::LowerHalf(d4, sum);
        auto const high = hn::UpperHalf(d4, sum);
#else
        auto low = hn::Zero(d4);
        auto high = hn::Zero(d4);
        for (int pair = 0; pair < pairs; ++pair, p += 6, k += 8) {
            low = hn::Add(low, hn::Mul(load_bytes(d4, p), hn::LoadU(d4, k)));
            high = hn::Add(high, hn::Mul(load_bytes(d4, p + 4), hn::LoadU(d4, k + 4)));
        }
#endif
        auto const right = hn::CombineShiftRightBytes<12>(d4, high, low);
        hn::StoreU(hn::Add(hn::Add(low, right), hn::Set(d4, half)), d4, sums + 3 * i);
    }
}
#endif

void horizontal(std::uint8_t const* row, horizontal_weights const& w, std::int32_t* sums, std::uint8_t* out) {
    if (w.pairs == 2) {
        sum_pixels<2>(row, w, sums);
    } else if (w.pairs == 3) {
        sum_pixels<3>(row, w, sums);
    } else {
        sum_pixels<0>(row, w, sums);
    }
    hn::ScalableTag<std::int32_t> const d;
    std::size_t const n = static_cast<std::size_t>(w.count) * 3;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) round_and_store(d, hn::LoadU(d, sums + i), out + i);
    for (; i < n; ++i) out[i] = static_cast<std::uint8_t>(std::clamp(sums[i] >> weight_bits, 0, 255));
}

void vertical(std::uint8_t const* const* rows, std::int32_t const* weights, int taps, std::size_t bytes,
              std::uint8_t* out) {
    hn::CappedTag<std::int32_t, vertical_block_bytes / 2> const d;
    std::size_t const lanes = hn::Lanes(d);
    for (std::size_t i = 0; i < bytes; i += 2 * lanes) {
        auto low = hn::Set(d, half);
        auto high = low;
        for (int t = 0; t < taps; ++t) {
            auto const weight = hn::Set(d, weights[t]);
            low = hn::Add(low, hn::Mul(load_bytes(d, rows[t] + i), weight));
            high = hn::Add(high, hn::Mul(load_bytes(d, rows[t] + i + lanes), weight));
        }
        round_and_store(d, low, out + i);
        round_and_store(d, high, out + i + lanes);
    }
}

template <class D>
void store_as(D d, hn::Vec<D> v, float* out) {
    hn::StoreU(v, d, out);
}

// Rounds to nearest, ties to even; there is no NaN to keep.
template <class D>
void store_as(D, hn::Vec<D> v, std::uint16_t* out) {
    hn::RebindToUnsigned<D> const du;
    hn::RebindToSigned<D> const di;
    auto const bits = hn::BitCast(du, v);
    auto const odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
    auto const rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fff))));
    hn::Rebind<std::uint16_t, D> const d16;
    hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di, rounded)), d16, out);
}

template <class D>
void store_as(D d, hn::Vec<D> v, std::int8_t* out) {
    hn::Rebind<std::int8_t, D> const d8;
    auto const bounded = hn::Min(hn::Max(v, hn::Set(d, -128.0F)), hn::Set(d, 127.0F));
    hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(bounded)), d8, out);
}

template <class T>
void normalize(std::uint8_t const* in, affine const& a, std::size_t n, T* out) {
    hn::CappedTag<float, 16> const d;
    hn::RebindToSigned<decltype(d)> const di;
    std::size_t const lanes = hn::Lanes(d);
    auto const values = [&](std::uint8_t const* p, std::size_t phase) {
        return hn::MulAdd(hn::ConvertTo(d, load_bytes(di, p)), hn::LoadU(d, a.factor + phase),
                          hn::LoadU(d, a.term + phase));
    };
    std::size_t phase = 0;
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        store_as(d, values(in + i, phase), out + i);
        phase = phase + lanes == affine::period ? 0 : phase + lanes;
    }
    if (i == n) return;
    std::uint8_t last[16] = {};
    T converted[16];
    std::copy(in + i, in + n, last);
    store_as(d, values(last, phase), converted);
    std::copy(converted, converted + (n - i), out + i);
}

kernels kernel_set() {
    return {horizontal, vertical, normalize<float>, normalize<std::uint16_t>, normalize<std::int8_t>};
}

}  // namespace sma::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sma::image {

HWY_EXPORT(kernel_set);

kernels const& best_kernels() noexcept {
    static kernels const set = HWY_DYNAMIC_DISPATCH(kernel_set)();
    return set;
}

std::vector<kernels> all_kernels() {
    std::vector<kernels> sets;
    for (auto target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        sets.push_back(HWY_DYNAMIC_DISPATCH(kernel_set)());
    }
    hwy::SetSupportedTargetsForTest(0);
    return sets;
}

}  // namespace sma::image
#endif
