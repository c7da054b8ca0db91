#include "sma/core/ip_network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sma {
namespace {

constexpr std::array<unsigned char, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned v4_prefix_bits = 96;

/// The bits of a byte that belong to the first `bits` of an address.
unsigned char mask_of(std::size_t byte, unsigned bits) noexcept {
    auto const begin = static_cast<unsigned>(byte * 8);
    if (bits <= begin) return 0;
    if (bits >= begin + 8) return 0xff;
    return static_cast<unsigned char>(0xff00U >> (bits - begin));
}

std::optional<unsigned> parse_bits(std::string_view text, unsigned most) {
    unsigned bits = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (failure != std::errc{} || end != text.data() + text.size() || bits > most) return std::nullopt;
    return bits;
}

}  // namespace

std::optional<ip_address> ip_address::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> c_text{};
    if (text.size() >= c_text.size() || text.find('\0') != text.npos) return std::nullopt;
    std::copy(text.begin(), text.end(), c_text.begin());
    ip_address a;
    if (::inet_pton(AF_INET6, c_text.data(), a.bytes.data()) == 1) return a;
    if (::inet_pton(AF_INET, c_text.data(), a.bytes.data() + v4_prefix.size()) != 1) return std::nullopt;
    std::copy(v4_prefix.begin(), v4_prefix.end(), a.bytes.begin());
    return a;
}

bool ip_address::is_v4() const noexcept { return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes.begin()); }

bool ip_address::is_loopback() const noexcept {
    static auto const v6 = parse("::1");
    return is_v4() ? bytes[v4_prefix.size()] == 127 : *this == v6;
}

std::string ip_address::text() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (is_v4())
        ::inet_ntop(AF_INET, bytes.data() + v4_prefix.size(), out.data(), out.size());
    else
        ::inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
    return out.data();
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
    for (std::size_t i = 0; i < n.first_.bytes.size(); ++i)
        if ((n.first_.bytes[i] & ~mask_of(i, n.prefix_)) != 0) return std::nullopt;
    return n;
}

bool ip_network::contains(ip_address const& a) const noexcept {
    for (std::size_t i = 0; i < a.bytes.size(); ++i)
        if ((a.bytes[i] & mask_of(i, prefix_)) != first_.bytes[i]) return false;
    return true;
}

}  // namespace sma
