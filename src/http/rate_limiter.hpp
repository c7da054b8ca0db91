// Rate limiter: a token bucket for each API key, and one for each network of clients without a key.
#pragma once

#include "sma/http/api_keys.hpp"
#include "sma/http/token_bucket.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sma::http {

/// The number of networks that are tracked. When there are more, the least recently used one is replaced; its bucket is
/// full when it comes back.
inline constexpr std::size_t networks_max = 65'536;

/// I/O thread only. Allocates its memory (5 MiB, if there is a rate) in the constructor, and no more after that.
class rate_limiter {
public:
    /// `usual`: the rate of every client without a rate of its own.
    explicit rate_limiter(request_rate usual);
    ~rate_limiter();

    /// Nothing if this key is not limited.
    std::optional<quota> take(api_key const& key, steady_time now);
    /// Takes a request from the bucket of the client's network: the address itself in IPv4, its /64 in IPv6, which one
    /// customer usually has to itself. Everything else (Unix sockets) is one network. Nothing if there is no limit.
    std::optional<quota> take(std::string_view client, steady_time now);
    /// Forgets the buckets of all other keys.
    void keep_only(api_keys const& keys);

    std::size_t networks() const noexcept;

private:
    class network_table;

    request_rate const usual_;
    std::unordered_map<std::string, token_bucket> of_keys_;
    std::unique_ptr<network_table> of_networks_;
};

}  // namespace sma::http
