// Bytes as hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace sma {

/// 0 to 15, or -1 for any other character.
constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The byte of two digits, or -1 if `high` or `low` is none.
constexpr int hex_byte(char high, char low) noexcept {
    int const upper = hex_digit(high);
    int const lower = hex_digit(low);
    return upper < 0 || lower < 0 ? -1 : upper * 16 + lower;
}

/// Two digits per byte, in lower case.
inline std::string to_hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (unsigned char const c : bytes) {
        out += digits[c >> 4U];
        out += digits[c & 15U];
    }
    return out;
}

/// The bytes up to the first pair that is not of digits.
inline std::string from_hexadecimal(std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        int const byte = hex_byte(digits[i], digits[i + 1]);
        if (byte < 0) break;
        out += static_cast<char>(byte);
    }
    return out;
}

}  // namespace sma
