// Hexadecimal digit, in chunk sizes, percent escapes and the escapes of multipart names.
#pragma once

namespace sma::http {

/// 0 to 15, or -1 for what is no hexadecimal digit.
constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace sma::http
