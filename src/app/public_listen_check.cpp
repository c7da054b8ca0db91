#include "public_listen_check.hpp"

#include "sma/core/ip_network.hpp"

#include <algorithm>

namespace sma::app {
namespace {

constexpr std::string_view scheme_end = "://";

bool is_loopback(std::string_view host) {
    auto const address = ip_address::parse(host);
    return address && address->is_loopback();
}

// "127.0.0.1" of "http://127.0.0.1:8000", "::1" of "https://[::1]:8000".
std::string_view host_of(std::string_view url) {
    auto host = url.substr(url.find(scheme_end) + scheme_end.size());
    host = host.substr(0, host.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host;
}

}  // namespace

bool is_reachable_publicly(std::string_view urls) {
    constexpr std::string_view separator = ", ";
    while (!urls.empty()) {
        auto const url = urls.substr(0, urls.find(separator));
        if (url.find(scheme_end) != url.npos && !is_loopback(host_of(url))) return true;
        urls.remove_prefix(std::min(urls.size(), url.size() + separator.size()));
    }
    return false;
}

}  // namespace sma::app
