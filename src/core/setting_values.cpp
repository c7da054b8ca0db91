#include "setting_values.hpp"

#include "sma/core/ip_network.hpp"
#include "sma/core/json_text.hpp"
#include "sma/core/local_address.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <variant>
#include <vector>

namespace sma {
namespace {

std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", value);
    return text;
}

std::string join(std::vector<std::string_view> const& words) {
    std::string text;
    for (auto const word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

// An origin as browsers send it (RFC 6454): scheme, host and perhaps a port, in lower case, without a path.
bool is_origin(std::string_view text) {
    if (text == "*") return true;
    auto const scheme_end = text.find("://");
    if (scheme_end == text.npos || scheme_end == 0) return false;
    auto const rest = text.substr(scheme_end + 3);
    return !rest.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c > 0x20 && c < 0x7f && !std::isupper(c) && c != ',' && c != '"';
    }) && rest.find_first_of("/?#@*") == rest.npos;
}

bool is_choice(setting_info const& row, std::string_view word) {
    return row.choices.empty() || std::find(row.choices.begin(), row.choices.end(), word) != row.choices.end();
}

}  // namespace

std::string allowed_values(setting_info const& row) {
    if (std::holds_alternative<bool settings::*>(row.member)) return "true or false";
    if (row.name == "cors_allowed_origins") return "a list of origins (scheme://host or scheme://host:port) or \"*\"";
    if (row.name == "trusted_proxies") return "a list of networks (10.0.0.0/8, 2001:db8::1) or \"unix\"";
    if (row.name == "admin_listen") return "127.0.0.1:port, [::1]:port, unix:/path or nothing";
    if (!row.choices.empty()) return "one of " + join(row.choices);
    auto const range = number_text(row.minimum) + " to " + number_text(row.maximum);
    if (std::holds_alternative<std::int64_t settings::*>(row.member)) return "a whole number from " + range;
    if (std::holds_alternative<std::array<double, 3> settings::*>(row.member)) return "three numbers from " + range;
    return std::string(any_text);
}

bool is_entry(setting_info const& row, std::string_view word) {
    if (row.name == "cors_allowed_origins") return is_origin(word);
    if (row.name == "trusted_proxies") return word == "unix" || ip_network::parse(word);
    return is_choice(row, word);
}

bool is_text(setting_info const& row, std::string_view text) {
    if (!is_utf8(text)) return false;
    if (row.name == "admin_listen") return text.empty() || local_address::parse(text);
    return is_choice(row, text);
}

bool in_range(setting_info const& row, double value) {
    return std::isfinite(value) && value >= row.minimum && value <= row.maximum;
}

}  // namespace sma
