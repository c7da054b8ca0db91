// Text of numbers, and escaping of strings for CSV and terminals; JSON is in core.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace sma::batch {

/// As printf(3) does it, at most 511 characters.
template <class... Values>
std::string formatted(char const* format, Values... values) {
    char text[512];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

/// Quoted where RFC 4180 asks for it.
void append_csv_field(std::string& out, std::string_view text);

/// For a terminal: control characters, which could steer it, become '?'.
std::string printable(std::string_view text);

}  // namespace sma::batch
