#include "public_address.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace sma::fetch {
namespace {

constexpr std::array special{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                             "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
                             "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
                             // Of IPv6 only 2000::/3 is given to anybody; of it these are not.
                             "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};

std::vector<ip_network> parsed() {
    std::vector<ip_network> networks;
    networks.reserve(special.size());
    for (auto const* text : special) networks.push_back(ip_network::parse(text).value());
    return networks;
}

}  // namespace

bool is_public(ip_address const& a) {
    static std::vector<ip_network> const networks = parsed();
    static ip_network const global = ip_network::parse("2000::/3").value();
    if (!a.is_v4() && !global.contains(a)) return false;
    return std::none_of(networks.begin(), networks.end(), [&a](auto const& n) { return n.contains(a); });
}

}  // namespace sma::fetch
