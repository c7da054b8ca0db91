// OpenSSL BIO for a non-blocking socket.
#pragma once

#include <openssl/bio.h>

namespace sma::http {

/// Reads and writes `socket`, which it does not own, and unlike OpenSSL's own never raises SIGPIPE. Null without
/// memory.
BIO* make_tls_socket(int socket) noexcept;

}  // namespace sma::http
