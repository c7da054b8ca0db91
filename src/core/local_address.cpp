#include "sma/core/local_address.hpp"

#include "sma/core/ip_network.hpp"
#include "sma/core/parse_number.hpp"

namespace sma {

std::optional<local_address> local_address::parse(std::string_view text) {
    constexpr std::string_view scheme = "unix:";
    local_address a;
    if (text.starts_with(scheme)) {
        a.unix_path = text.substr(scheme.size());
        if (!a.unix_path.starts_with('/')) return std::nullopt;
        return a;
    }
    auto const colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    auto host = text.substr(0, colon);
    bool const in_brackets = host.starts_with('[') && host.ends_with(']');
    if (in_brackets) host = host.substr(1, host.size() - 2);
    auto const address = ip_address::parse(host);
    if (!address || !address->is_loopback() || in_brackets != (host.find(':') != host.npos)) return std::nullopt;
    auto const port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!port) return std::nullopt;
    a.port = *port;
    a.host = host;
    return a;
}

}  // namespace sma
