// Character rules of header fields (RFC 9110 section 5.6). Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace sma::http {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alphanumeric(char c) noexcept {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
/// Below 0x20 and no tab, or 0x7f.
constexpr bool is_control(char c) noexcept {
    auto const value = static_cast<unsigned char>(c);
    return (value < 0x20 && c != '\t') || value == 0x7F;
}
constexpr bool is_token_character(char c) noexcept {
    constexpr std::string_view specials = "!#$%&'*+-.^_`|~";
    return is_alphanumeric(c) || specials.find(c) != specials.npos;
}

/// One or more token characters.
bool is_token(std::string_view text) noexcept;
bool has_control(std::string_view text) noexcept;
/// ASCII letters in lower case.
std::string lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;
/// Cuts the first member off a list with commas, and trims it. Members may be empty.
std::string_view cut_member(std::string_view& list) noexcept;

}  // namespace sma::http
