#include "allowed_hosts.hpp"

#include "sma/core/parse_number.hpp"

#include <algorithm>
#include <string_view>

namespace sma::fetch {
namespace {

bool names(std::string_view pattern, std::string_view host) {
    if (!pattern.starts_with("*.")) return pattern == host;
    auto const domain = pattern.substr(1);  // with its dot
    return host.size() > domain.size() && host.ends_with(domain);
}

bool is_named(std::string_view entry, image_url const& url) {
    auto const colon = entry.rfind(':');
    bool const has_port = colon != entry.npos && entry.find(']', colon) == entry.npos;
    auto name = has_port ? entry.substr(0, colon) : entry;
    if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
    auto const port = has_port ? parse_number<std::uint16_t>(entry.substr(colon + 1))
                               : std::optional<std::uint16_t>(url.secure ? 443 : 80);
    return port == url.port && names(name, url.host);
}

}  // namespace

bool is_allowed_host(std::vector<std::string> const& hosts, image_url const& url) {
    return std::any_of(hosts.begin(), hosts.end(), [&](auto const& entry) { return is_named(entry, url); });
}

}  // namespace sma::fetch
