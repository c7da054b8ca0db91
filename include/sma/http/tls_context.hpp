// TLS context of a server: certificate, key, and the authority for clients' certificates.
#pragma once

#include "sma/core/error.hpp"

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace sma::http {

/// The settings tls_certificate, tls_key and tls_client_ca: names of PEM files.
struct tls_files {
    std::string certificate;
    std::string key;
    std::string client_ca;  ///< empty: clients need no certificate
};

/// TLS 1.2 and 1.3 as in Mozilla's "intermediate" configuration without DHE, which costs a server more than an
/// attacker. Immutable; any thread. A connection keeps the context that it began with.
class tls_context {
public:
    /// Reads and checks the files: blocks. Error: invalid_setting, which names the file and what is wrong with it.
    static result<std::shared_ptr<tls_context const>> load(tls_files const& files);

    ssl_ctx_st* native() const noexcept { return native_.get(); }
    /// Until when the certificate is valid, "2027-01-31T12:00:00Z".
    std::string_view valid_until() const noexcept { return valid_until_; }
    /// True if the certificate is valid now, by this machine's clock.
    bool is_valid_now() const noexcept;

private:
    struct closer {
        void operator()(ssl_ctx_st* context) const noexcept;
    };

    tls_context();

    std::unique_ptr<ssl_ctx_st, closer> native_;
    std::string valid_until_;
};

}  // namespace sma::http
