// Listening address for this machine only: a Unix socket or a loopback address. A value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sma {

struct local_address {
    std::string unix_path;   ///< empty for TCP
    std::string host;        ///< a loopback address
    std::uint16_t port = 0;  ///< 0 takes a free one

    /// "unix:/run/x.sock", "127.0.0.1:9000" or "[::1]:9000".
    static std::optional<local_address> parse(std::string_view text);
};

}  // namespace sma
