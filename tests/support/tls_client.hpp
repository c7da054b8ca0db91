// The client's side of TLS, on a blocking socket that somebody else owns.
#pragma once

#include "certificates.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace sma::test {

struct tls_options {
    std::string ca;  ///< PEM of whom to trust; empty: anybody
    std::optional<key_pair> own{};
    int version = 0;           ///< the only one to speak, as OpenSSL numbers it; 0: any
    std::string alpn{};        ///< protocols to offer, in the wire's form
    std::size_t fragment = 0;  ///< bytes of a record at most; 0: as many as there may be
};

/// Belongs to one thread. Throws std::runtime_error, with OpenSSL's words, where the handshake fails.
class tls_client {
public:
    tls_client(int socket, tls_options const& options, ssl_session_st* resumed = nullptr);

    /// False if the peer has gone.
    bool send(std::string_view bytes);
    enum class end { none, goodbye, torn, too_late };
    /// How many bytes came, or with 0 how the stream ended; too_late after the socket's SO_RCVTIMEO.
    std::size_t receive(char* bytes, std::size_t most, end& how);
    /// Says goodbye; reading stays possible.
    void say_goodbye();
    /// Asks the server for new keys, with new ones of its own (TLS 1.3).
    void update_keys();
    /// False if the server refuses (TLS 1.2).
    bool renegotiate();

    std::string protocol() const;
    std::string alpn() const;
    /// The common name of the server's certificate.
    std::string peer() const;
    bool resumed() const;
    /// To resume later; after something has been received.
    std::shared_ptr<ssl_session_st> session() const;

private:
    std::shared_ptr<ssl_ctx_st> context_;
    std::shared_ptr<ssl_st> stream_;
};

}  // namespace sma::test
