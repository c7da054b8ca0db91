#include "tensor_check.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace sma::isolation {
namespace {

/// Of infinities and what is no number every bit of the exponent is set. Without a way out, so that it becomes vectors.
template <class Bits>
bool all_finite(tensor_buffer const& tensor, Bits exponent) noexcept {
    std::span const values(reinterpret_cast<Bits const*>(tensor.data()), tensor.format().elements());
    Bits found = 0;
    for (auto const value : values) found |= static_cast<Bits>((value & exponent) == exponent);
    return found == 0;
}

}  // namespace

bool is_finite(tensor_buffer const& tensor) noexcept {
    switch (tensor.format().element) {
        case element_type::f32:
            return all_finite<std::uint32_t>(tensor, 0x7f800000U);
        case element_type::bf16:
            return all_finite<std::uint16_t>(tensor, 0x7f80U);
        case element_type::s8:
            return true;
    }
    return false;
}

}  // namespace sma::isolation
