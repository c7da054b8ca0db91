// Character rules of multipart headers. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sma::http {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }
constexpr bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// ASCII letters in lower case.
std::string lower(std::string_view text);
/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;
/// One or more of the token characters of RFC 9110.
bool is_token(std::string_view text) noexcept;
/// True if there is a byte below 0x20 other than tab, or 0x7f.
bool has_control(std::string_view text) noexcept;

/// %22 becomes ", as browsers write it inside quoted strings; no other escape is undone, for they do not escape %.
std::string decode_quotes(std::string_view text);
/// RFC 5987: UTF-8'language'percent-encoded. Nothing if it is not that, or does not decode to UTF-8.
std::optional<std::string> decode_extended(std::string_view text);
/// The part after the last / or \; empty for "." and "..".
std::string last_path_component(std::string_view path);

}  // namespace sma::http
