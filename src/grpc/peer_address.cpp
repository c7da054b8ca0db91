#include "peer_address.hpp"

namespace sma::grpc {
namespace {

std::string_view remove(std::string_view text, std::string_view prefix) {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

std::string peer_address(std::string_view peer) {
    if (peer.starts_with("unix")) return "unix";
    auto host = peer.substr(0, peer.rfind(':'));
    if (host.starts_with("ipv4:")) return std::string(remove(host, "ipv4:"));
    host = remove(remove(remove(host, "ipv6:"), "%5B"), "[");
    host = host.substr(0, host.find_first_of("%]"));  // the zone of a link-local address goes, too
    return std::string(remove(host, "::ffff:"));
}

}  // namespace sma::grpc
