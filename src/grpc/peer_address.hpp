// Address of a peer, without its port, in the form that the log and the rate limits have.
#pragma once

#include <string>
#include <string_view>

namespace sma::grpc {

/// Of gRPC's "ipv4:192.0.2.1:5000", "ipv6:%5B2001:db8::1%5D:5000" and "unix:". An IPv4 address in IPv6 is one in IPv4.
std::string peer_address(std::string_view peer);

}  // namespace sma::grpc
