// CORS policy: the origins whose pages may read responses (the Fetch standard, section 3.2). No sockets.
#pragma once

#include "sma/http/request.hpp"
#include "sma/http/response.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sma::http {

/// Immutable after construction, hence thread-safe. With an empty list nothing is ever added to a response.
class cors_policy {
public:
    /// Origins as browsers send them ("https://app.example.com"), or "*" for any.
    explicit cors_policy(std::vector<std::string> allowed);

    bool enabled() const noexcept { return !allowed_.empty(); }
    bool allows(std::string_view origin) const noexcept;
    /// True if this request is a CORS preflight.
    static bool is_preflight(request const& r) noexcept;

    /// Adds the headers of a response to a request with this Origin (empty if it has none).
    void add_headers(response& to, std::string_view origin) const;
    /// Adds the further headers of a preflight's response. `methods`: those of the path, comma-separated.
    void add_preflight_headers(response& to, std::string_view origin, std::string methods) const;

private:
    std::vector<std::string> allowed_;
    bool any_ = false;
};

}  // namespace sma::http
