#include "image_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <algorithm>

namespace sma::fetch {
namespace {

namespace urls = boost::urls;

constexpr std::size_t url_bytes_max = 8'192;

error no_url(std::string_view why) { return error(errc::validation_error, "the image's URL " + std::string(why)); }

// Names are letters, digits, hyphens and dots: what else a resolver might read into a name is nobody's business.
// Numbers that resolvers take for addresses ("2130706433", "0x7f.1") are not among the URL's IPv4 addresses, and are
// refused.
bool is_name(std::string_view host) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    if (host.empty() || !std::all_of(host.begin(), host.end(), allowed)) return false;
    auto const last = host.substr(host.rfind('.') + 1);
    return !last.empty() && last.front() >= 'a' && last.front() <= 'z';
}

result<std::string> host_of(urls::url const& u) {
    switch (u.host_type()) {
        case urls::host_type::name: {
            std::string name(u.encoded_host());
            if (name.ends_with('.')) name.pop_back();
            if (!is_name(name)) return no_url("has no valid host");
            return name;
        }
        case urls::host_type::ipv4:
            return u.host_ipv4_address().to_string();
        case urls::host_type::ipv6:
            return u.host_ipv6_address().to_string();
        default:
            return no_url("has no valid host");
    }
}

result<image_url> taken_apart(urls::url u) {
    bool const secure = u.scheme_id() == urls::scheme::https;
    if (!secure && u.scheme_id() != urls::scheme::http) return no_url("must begin with https:// or http://");
    if (u.has_userinfo()) return no_url("must not have a user name or password");
    // Boost.URL 1.81 takes what stands behind an IPv6 host and its port for a path, also without a slash.
    auto const path = u.encoded_path();
    if (!path.empty() && path.front() != '/') return no_url("is not valid (RFC 3986)");
    u.remove_fragment();
    // Path and query are sent as they are: some hosts sign them.
    u.normalize_scheme();
    u.normalize_authority();
    auto host = host_of(u);
    if (!host) return host.error();
    std::uint16_t const usual_port = secure ? 443 : 80;
    auto const port = u.has_port() && !u.port().empty() ? u.port_number() : usual_port;
    if (port == 0) return no_url("has no valid port");
    image_url made{std::string(u.buffer()), secure, std::move(*host), port, {}, std::string(u.encoded_target())};
    bool const is_v6 = made.host.find(':') != std::string::npos;
    made.authority = is_v6 ? "[" + made.host + "]" : made.host;
    if (port != usual_port) made.authority += ":" + std::to_string(port);
    if (!made.target.starts_with('/')) made.target.insert(0, "/");
    return made;
}

}  // namespace

result<image_url> parse_image_url(std::string_view text) {
    if (text.size() > url_bytes_max) return no_url("is longer than 8,192 bytes");
    auto const parsed = urls::parse_uri({text.data(), text.size()});
    if (!parsed) return no_url("is not valid (RFC 3986)");
    return taken_apart(urls::url(*parsed));
}

result<image_url> redirected(image_url const& base, std::string_view location) {
    auto const reference = urls::parse_uri_reference({location.data(), location.size()});
    auto const from = urls::parse_uri(base.text);
    urls::url there;
    bool const resolved =
        location.size() <= url_bytes_max && reference && from && urls::resolve(*from, *reference, there);
    auto made = resolved ? taken_apart(std::move(there)) : result<image_url>(no_url("is not valid"));
    if (made) return made;
    return error(errc::image_not_fetched,
                 "the image's host redirects to a URL that cannot be used: " + made.error().message);
}

}  // namespace sma::fetch
