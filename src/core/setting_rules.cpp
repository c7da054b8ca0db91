#include "setting_rules.hpp"

#include "sma/core/ip_network.hpp"
#include "sma/core/local_address.hpp"

#include <algorithm>
#include <cctype>

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

bool is_local_address(std::string_view text) { return text.empty() || local_address::parse(text); }

}  // namespace

setting_rule const origin_rule{"a list of origins (scheme://host or scheme://host:port) or \"*\"", is_origin};
setting_rule const network_rule{"a list of networks (10.0.0.0/8, 2001:db8::1) or \"unix\"", is_network};
setting_rule const local_address_rule{"127.0.0.1:port, [::1]:port, unix:/path or nothing", is_local_address};

}  // namespace sma
