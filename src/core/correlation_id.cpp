#include "sma/core/correlation_id.hpp"

#include "sma/core/random_bits.hpp"

#include <algorithm>
#include <cstdint>

namespace sma {
namespace {

constexpr char digits[] = "0123456789abcdef";

}  // namespace

std::string make_correlation_id() {
    std::uint64_t high = random_bits();
    std::uint64_t low = random_bits();
    high = (high & 0xffffffffffff0fffULL) | 0x0000000000004000ULL;  // version 4
    low = (low & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;    // variant 10
    std::string id(36, '-');
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (i == 8 || i == 13 || i == 18 || i == 23) continue;
        std::uint64_t const half = nibble < 16 ? high : low;
        id[i] = digits[(half >> (60 - 4 * (nibble % 16))) & 15U];
        ++nibble;
    }
    return id;
}

bool is_valid_correlation_id(std::string_view id) noexcept {
    auto const allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
               c == '-';
    };
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), allowed);
}

}  // namespace sma
