// Addresses of the public Internet.
#pragma once

#include "sma/core/ip_network.hpp"

namespace sma::fetch {

/// False for what IANA's registries of special-purpose addresses (RFC 6890) hold that is not globally reachable: this
/// machine, private and shared networks, link-local and multicast addresses, documentation; and for IPv6 addresses that
/// stand for an IPv4 one through a translator or tunnel.
bool is_public(ip_address const& a);

}  // namespace sma::fetch
