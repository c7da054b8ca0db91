#include "setting_rules.hpp"

#include "sma/core/ip_network.hpp"
#include "sma/core/local_address.hpp"
#include "sma/core/parse_number.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace sma {
namespace {

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

bool is_network(std::string_view text) { return text == "unix" || ip_network::parse(text); }

bool is_ip_network(std::string_view text) { return ip_network::parse(text).has_value(); }

// A name in lower case, or an address with brackets where it is IPv6; "*." may stand in front and a port behind.
bool is_host(std::string_view text) {
    if (text.starts_with("*.")) text.remove_prefix(2);
    auto const end = text.starts_with('[') ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == text.npos) return false;
    auto const rest = text.substr(end + (text.starts_with('[') ? 1 : 0));
    if (!rest.empty() && (rest.front() != ':' || !parse_number<std::uint16_t>(rest.substr(1)))) return false;
    if (text.starts_with('[')) return ip_address::parse(text.substr(1, end - 1)).has_value();
    return end > 0 && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), [](unsigned char c) {
               return std::islower(c) || std::isdigit(c) || c == '-' || c == '.';
           });
}

bool is_local_address(std::string_view text) { return text.empty() || local_address::parse(text); }

// The base of URLs: its path may be that of a proxy. What follows is added by the exporter.
bool is_endpoint(std::string_view text) {
    if (text.empty()) return true;
    auto const scheme = text.starts_with("http://") ? 7U : text.starts_with("https://") ? 8U : 0U;
    auto const host = text.substr(scheme, text.find('/', scheme) - scheme);
    return scheme != 0 && !host.empty() && !text.ends_with("/v1/traces") &&
           std::ranges::all_of(text, [](unsigned char c) {
               return c > 0x20 && c < 0x7f && c != '"' && c != '@' && c != '?' && c != '#';
           });
}

// A name or an address with a port, or a Unix socket.
bool is_listen_address(std::string_view text) {
    if (text.empty() || text.starts_with("unix:/")) return true;
    auto const colon = text.rfind(':');
    return colon != text.npos && is_host(text.substr(0, colon)) && !text.starts_with('*') &&
           parse_number<std::uint16_t>(text.substr(colon + 1));
}

}  // namespace

setting_rule const origin_rule{"a list of origins (scheme://host or scheme://host:port) or \"*\"", is_origin};
setting_rule const host_rule{"a list of hosts (images.example.com, *.example.com, example.com:8443)", is_host};
setting_rule const ip_network_rule{"a list of networks (10.0.0.0/8, 2001:db8::1)", is_ip_network};
setting_rule const network_rule{"a list of networks (10.0.0.0/8, 2001:db8::1) or \"unix\"", is_network};
setting_rule const endpoint_rule{"http://host:port or https://host:port, without /v1/traces, or nothing", is_endpoint};
setting_rule const local_address_rule{"127.0.0.1:port, [::1]:port, unix:/path or nothing", is_local_address};
setting_rule const listen_address_rule{"host:port, [address]:port, unix:/path or nothing", is_listen_address};

}  // namespace sma
