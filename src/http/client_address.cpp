#include "client_address.hpp"

#include "joined_header.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace sma::http {
namespace {

std::string_view trimmed(std::string_view text) {
    auto const begin = text.find_first_not_of(" \t\"");
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\"") - begin + 1);
}

/// An entry without the port that some proxies add: "192.0.2.1:5000", "[2001:db8::1]:5000", "[2001:db8::1]".
std::string_view without_port(std::string_view entry) {
    if (entry.starts_with('[')) return entry.substr(1, entry.find(']') - 1);
    bool const has_one_colon = std::count(entry.begin(), entry.end(), ':') == 1;
    return has_one_colon ? entry.substr(0, entry.find(':')) : entry;
}

}  // namespace

trusted_proxies::trusted_proxies(std::vector<std::string> const& networks) {
    for (auto const& text : networks) {
        if (text == "unix") {
            trusts_unix_ = true;
            continue;
        }
        auto const network = ip_network::parse(text);
        if (!network) throw std::logic_error("trusted_proxies: not a network: " + text);
        networks_.push_back(*network);
    }
}

bool trusted_proxies::trusts(std::string_view address) const {
    if (address == "unix") return trusts_unix_;
    auto const parsed = ip_address::parse(address);
    return parsed &&
           std::any_of(networks_.begin(), networks_.end(), [&](ip_network const& n) { return n.contains(*parsed); });
}

std::string trusted_proxies::client_of(request const& head, std::string const& peer) const {
    if (networks_.empty() && !trusts_unix_) return peer;
    if (!trusts(peer)) return peer;
    auto const list = joined_header(head, "X-Forwarded-For");
    std::string_view left = list;
    std::string client = peer;
    while (!left.empty()) {
        auto const comma = left.rfind(',');
        auto const entry = comma == left.npos ? left : left.substr(comma + 1);
        left = left.substr(0, comma == left.npos ? 0 : comma);
        auto const address = ip_address::parse(without_port(trimmed(entry)));
        if (!address) return client;
        client = address->text();
        if (!trusts(client)) return client;
    }
    return client;
}

}  // namespace sma::http
