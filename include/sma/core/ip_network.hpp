// IP addresses and networks, as settings and headers write them. Values; any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sma {

/// IPv6, or IPv4 as IPv6 has it (::ffff:a.b.c.d), so that both spellings of an IPv4 address are equal.
struct ip_address {
    std::array<unsigned char, 16> bytes{};

    /// "192.0.2.1" or "2001:db8::1"; without port, brackets or zone.
    static std::optional<ip_address> parse(std::string_view text);
    bool is_v4() const noexcept;
    bool is_loopback() const noexcept;  ///< 127.0.0.0/8 or ::1
    std::string text() const;
    bool operator==(ip_address const&) const = default;
};

class ip_network {
public:
    /// "10.0.0.0/8", "2001:db8::/32", or one address. Nothing if bits behind the prefix are set: whoever writes
    /// 10.1.2.3/8 may mean either.
    static std::optional<ip_network> parse(std::string_view text);
    bool contains(ip_address const& a) const noexcept;

private:
    ip_address first_;
    unsigned prefix_ = 128;  ///< bits, of the IPv6 form
};

}  // namespace sma
