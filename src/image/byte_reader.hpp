// Bounds-checked reader of numbers in an untrusted file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sma::image {

/// Reads at any position; positions outside the data read as zero. A view: the data must outlive it.
class byte_reader {
public:
    explicit byte_reader(std::string_view data, bool big_endian = false) noexcept
        : data_(data), big_endian_(big_endian) {}

    std::size_t size() const noexcept { return data_.size(); }
    std::string_view data() const noexcept { return data_; }
    bool has(std::uint64_t position, std::uint64_t n) const noexcept { return n <= size() && position <= size() - n; }
    bool starts_at(std::size_t position, std::string_view text) const noexcept {
        return has(position, text.size()) && data_.substr(position, text.size()) == text;
    }

    std::uint8_t u8(std::uint64_t position) const noexcept {
        return position < size() ? static_cast<std::uint8_t>(data_[static_cast<std::size_t>(position)])
                                 : std::uint8_t{0};
    }
    std::uint16_t u16(std::uint64_t position) const noexcept { return static_cast<std::uint16_t>(number(position, 2)); }
    std::uint32_t u24(std::uint64_t position) const noexcept { return static_cast<std::uint32_t>(number(position, 3)); }
    std::uint32_t u32(std::uint64_t position) const noexcept { return static_cast<std::uint32_t>(number(position, 4)); }
    std::uint64_t u64(std::uint64_t position) const noexcept { return number(position, 8); }
    /// Of n bytes, 8 at most.
    std::uint64_t number(std::uint64_t position, std::uint64_t n) const noexcept {
        if (!has(position, n)) return 0;
        std::uint64_t value = 0;
        for (std::uint64_t i = 0; i < n; ++i) {
            auto const byte = static_cast<std::uint64_t>(u8(position + i));
            value |= byte << (8 * (big_endian_ ? n - 1 - i : i));
        }
        return value;
    }

private:
    std::string_view data_;
    bool big_endian_;
};

}  // namespace sma::image
