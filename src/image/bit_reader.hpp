// Reader of the bits of an untrusted file.
#pragma once

#include "byte_reader.hpp"

#include <cstdint>
#include <string_view>

namespace sma::image {

enum class bit_order {
    high_first,  ///< AV1, HEVC
    low_first,   ///< JPEG XL
};

/// What lies behind the end reads as zero. A view: the data must outlive it.
class bit_reader {
public:
    bit_reader(std::string_view data, bit_order order) noexcept : in_(data), order_(order) {}

    /// At most 32.
    std::uint32_t bits(int n) noexcept {
        std::uint32_t value = 0;
        for (int i = 0; i < n; ++i) {
            std::uint32_t const bit = next();
            value = order_ == bit_order::high_first ? value << 1 | bit : value | bit << i;
        }
        return value;
    }
    bool flag() noexcept { return next() != 0; }
    void skip(int n) noexcept { position_ += static_cast<std::uint64_t>(n); }

    /// ue(v) of HEVC, uvlc() of AV1: as many zeros as bits follow the first one.
    std::uint32_t exp_golomb() noexcept {
        constexpr int zeros_max = 31;
        int zeros = 0;
        while (!flag())
            if (++zeros > zeros_max) return 0;
        return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
    }

    bool is_past_end() const noexcept { return position_ > std::uint64_t{8} * in_.size(); }

private:
    std::uint32_t next() noexcept {
        auto const at = static_cast<int>(position_ % 8);
        std::uint32_t const byte = in_.u8(position_ / 8);
        ++position_;
        return byte >> (order_ == bit_order::high_first ? 7 - at : at) & 1U;
    }

    byte_reader in_;
    bit_order order_;
    std::uint64_t position_ = 0;
};

}  // namespace sma::image
