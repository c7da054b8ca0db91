// Who may send a request to a route that is checked: asked once its head is read, before its body is.
#pragma once

#include "sma/http/api_keys.hpp"
#include "sma/http/request.hpp"

#include <memory>

namespace sma::http {

/// Shared by the sessions of a server, through their context. I/O thread only.
class gatekeeper {
public:
    /// Null: everybody may.
    void use_keys(std::shared_ptr<api_keys const> keys) noexcept { keys_ = std::move(keys); }

    /// Writes the key's name into the request. Error: unauthorized.
    result<void> admit(request& r) const;

private:
    std::shared_ptr<api_keys const> keys_;
};

}  // namespace sma::http
