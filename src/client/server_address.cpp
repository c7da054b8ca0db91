#include "sma/client/server_address.hpp"

#include "sma/core/parse_number.hpp"
namespace sma::client {
namespace {

constexpr std::string_view plain_scheme = "http://";
constexpr std::string_view secure_scheme = "https://";
constexpr std::uint16_t secure_port = 443;

bool parse_port(std::string_view text, std::uint16_t& port) {
    port = parse_number<std::uint16_t>(text).value_or(0);
    return port > 0;
}

// "host", "host:port", "[v6]", "[v6]:port".
bool parse_authority(std::string_view text, server_address& a) {
    a.authority = text;
    std::string_view port;
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        if (end == std::string_view::npos) return false;
        a.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else {
        auto const colon = text.find(':');
        a.host = text.substr(0, colon);
        port = colon == std::string_view::npos ? "" : text.substr(colon);
    }
    if (a.host.empty() || a.host.find_first_of("@?# \t\r\n") != std::string::npos) return false;
    return port.empty() || (port.front() == ':' && parse_port(port.substr(1), a.port));
}

}  // namespace

result<server_address> parse_server_address(std::string_view url, std::string const& unix_socket) {
    server_address a;
    a.unix_socket = unix_socket;
    a.shown = unix_socket.empty() ? std::string(url) : unix_socket;
    if (url.empty() && !unix_socket.empty()) {
        a.authority = "localhost";
        return a;
    }
    auto rest = url;
    a.secure = rest.starts_with(secure_scheme);
    if (a.secure) a.port = secure_port;
    auto const scheme = a.secure ? secure_scheme : plain_scheme;
    bool good = rest.starts_with(scheme);
    if (good) rest.remove_prefix(scheme.size());
    auto const slash = rest.find('/');
    if (slash != std::string_view::npos) a.prefix = rest.substr(slash);
    while (a.prefix.ends_with('/')) a.prefix.pop_back();
    good =
        good && a.prefix.find_first_of("?# \t\r\n") == std::string::npos && parse_authority(rest.substr(0, slash), a);
    if (!good)
        return error(errc::validation_error,
                     "--url " + std::string(url) + ": expected http://host[:port][/prefix] or https://...");
    return a;
}

}  // namespace sma::client
