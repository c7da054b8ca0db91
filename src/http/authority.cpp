#include "authority.hpp"

#include "header_text.hpp"
#include "sma/core/hexadecimal.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace sma::http {
namespace {

/// unreserved or sub-delims.
bool is_name_character(char c) noexcept {
    return is_alphanumeric(c) || std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool is_registered_name(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_name_character(text[i])) continue;
        bool const is_escape = text[i] == '%' && i + 2 < text.size() && hex_byte(text[i + 1], text[i + 2]) >= 0;
        if (!is_escape) return false;
        i += 2;
    }
    return !text.empty();
}

bool is_ipv6(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    // A zone ("fe80::1%eth0") is no part of the grammar.
    bool const has_others = std::ranges::any_of(text, [](char c) { return hex_digit(c) < 0 && c != ':' && c != '.'; });
    if (has_others || text.size() >= terminated.size()) return false;
    std::ranges::copy(text, terminated.begin());
    in6_addr ignored{};
    return ::inet_pton(AF_INET6, terminated.data(), &ignored) == 1;
}

/// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
bool is_future_address(std::string_view text) noexcept {
    if (!text.starts_with('v') && !text.starts_with('V')) return false;
    auto const dot = text.find('.');
    if (dot == text.npos || dot < 2 || dot + 1 == text.size()) return false;
    return std::ranges::all_of(text.substr(1, dot - 1), [](char c) { return hex_digit(c) >= 0; }) &&
           std::ranges::all_of(text.substr(dot + 1), [](char c) { return is_name_character(c) || c == ':'; });
}

bool is_host(std::string_view text) noexcept {
    if (!text.starts_with('[')) return is_registered_name(text);
    auto const address = text.substr(1, text.size() - 2);
    return is_ipv6(address) || is_future_address(address);
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
    // Without a closing bracket the host is empty, which is refused.
    auto const end = text.starts_with('[') ? text.find(']') + 1 : std::min(text.find(':'), text.size());
    auto const port = text.substr(end);
    bool const has_port = port.empty() || (port.front() == ':' && std::ranges::all_of(port.substr(1), is_digit));
    return has_port && is_host(text.substr(0, end));
}

}  // namespace sma::http
