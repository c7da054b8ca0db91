#include "sma/core/ip_network.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include "sma/core/parse_number.hpp"

namespace sma {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned v4_prefix_bits = 96;

ip::address_v6 v6_of(ip_address const& a) { return ip::address_v6(a.bytes); }

/// The address without the bits behind the prefix.
ip_address masked(ip_address const& a, unsigned prefix) {
    return {ip::network_v6(v6_of(a), static_cast<unsigned short>(prefix)).network().to_bytes()};
}

std::optional<unsigned> parse_bits(std::string_view text, unsigned most) {
    auto const bits = parse_number<unsigned>(text);
    return bits && *bits <= most ? bits : std::nullopt;
}

}  // namespace

std::optional<ip_address> ip_address::parse(std::string_view text) {
    using namespace std::string_view_literals;
    if (text.find_first_of("%\0"sv) != text.npos) return std::nullopt;
    boost::system::error_code failed;
    auto const address = ip::make_address(text, failed);
    if (failed) return std::nullopt;
    auto const v6 = address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
    return ip_address{v6.to_bytes()};
}

bool ip_address::is_v4() const noexcept { return v6_of(*this).is_v4_mapped(); }

bool ip_address::is_loopback() const noexcept {
    auto const v6 = v6_of(*this);
    return is_v4() ? ip::make_address_v4(ip::v4_mapped, v6).is_loopback() : v6.is_loopback();
}

std::string ip_address::text() const {
    auto const v6 = v6_of(*this);
    return is_v4() ? ip::make_address_v4(ip::v4_mapped, v6).to_string() : v6.to_string();
}

std::optional<ip_network> ip_network::parse(std::string_view text) {
    auto const slash = text.find('/');
    auto const address = ip_address::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    ip_network n;
    n.first_ = *address;
    if (slash != text.npos) {
        bool const is_v4 = text.substr(0, slash).find(':') == text.npos;
        auto const bits = parse_bits(text.substr(slash + 1), is_v4 ? 32 : 128);
        if (!bits) return std::nullopt;
        n.prefix_ = is_v4 ? v4_prefix_bits + *bits : *bits;
    }
    if (masked(n.first_, n.prefix_) != n.first_) return std::nullopt;
    return n;
}

bool ip_network::contains(ip_address const& a) const noexcept { return masked(a, prefix_) == first_; }

}  // namespace sma
