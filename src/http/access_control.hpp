// Access control by API key and rate, applied between a request's head and its body.
#pragma once

#include "rate_limiter.hpp"
#include "sma/http/api_keys.hpp"
#include "sma/http/request.hpp"
#include "sma/http/response.hpp"

#include <memory>
#include <optional>

namespace sma::http {

/// Shared by the sessions of a server, through their context. I/O thread only.
class access_control {
public:
    explicit access_control(request_rate usual) : limiter_(usual) {}

    /// Null: no key is required.
    void use_keys(std::shared_ptr<api_keys const> keys);

    /// Writes the key's name into the request, and the state of the client's bucket into `left` if its rate is limited.
    /// Errors: unauthorized, rate_limited. Requests without a valid key count against their network, which limits the
    /// rate at which keys can be guessed.
    result<void> admit(request& r, steady_time now, std::optional<quota>& left);

private:
    /// Null where there are no keys.
    result<api_key const*> identify(request const& r) const;

    std::shared_ptr<api_keys const> keys_;
    rate_limiter limiter_;
};

/// RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset (draft-ietf-httpapi-ratelimit-headers-03).
void add_quota_headers(response& to, quota const& left);

}  // namespace sma::http
