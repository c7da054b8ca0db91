// Client address of a request that came through trusted proxies (X-Forwarded-For).
#pragma once

#include "sma/core/ip_network.hpp"
#include "sma/http/request.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sma::http {

/// Immutable after construction, hence thread-safe.
class trusted_proxies {
public:
    /// Networks, and "unix" for peers that connect through a Unix socket. Throws std::logic_error for anything else,
    /// because the settings have been checked.
    explicit trusted_proxies(std::vector<std::string> const& networks);

    /// The peer's address, or where the peer is trusted the right-most address of X-Forwarded-For that is not trusted.
    /// Each proxy appends the address that it has seen, so entries further left are unverified. If an entry is no
    /// address, the proxy that forwarded it counts as the client.
    std::string client_of(request const& head, std::string const& peer) const;

private:
    bool trusts(std::string_view address) const;

    std::vector<ip_network> networks_;
    bool trusts_unix_ = false;
};

}  // namespace sma::http
