// Limits of an HTTP server and of its connections.
#pragma once

#include "sma/http/api_keys.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace sma::http {

/// Every limit of the HTTP component. Filled from the settings of the same names; max_part_bytes is max_image_bytes.
struct limits {
    std::size_t max_connections = 10'000;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 64 * 1024 * 1024;  ///< the whole body of one request
    std::size_t max_part_bytes = 10 * 1024 * 1024;  ///< one part, or one bare body
    std::size_t max_parts = 100;
    std::size_t max_inflight_body_bytes = 256 * 1024 * 1024;  ///< over all uploads
    std::size_t max_inflate_ratio = 200;                      ///< of a compressed body, beyond its first MiB
    std::size_t min_body_bytes_per_s = 1024;                  ///< average, after body_grace
    std::chrono::milliseconds header_timeout{10'000};         ///< first byte to end of header; a TLS handshake
    std::chrono::milliseconds body_grace{5'000};              ///< before min_body_bytes_per_s counts
    std::chrono::milliseconds idle_timeout{75'000};           ///< between requests
    std::chrono::milliseconds idle_evictable_after{1'000};    ///< at max_connections, an idle one this old makes room
    std::chrono::milliseconds linger_time{2'000};             ///< after a last answer, for the client to read it
    std::chrono::milliseconds write_timeout{30'000};          ///< without progress
    std::chrono::milliseconds request_timeout{30'000};        ///< default_timeout_ms: the deadline of a whole request
    bool allow_half_close = true;  ///< a client that has closed its sending side is still answered
    bool trust_correlation_id = false;
    std::vector<std::string> cors_allowed_origins;  ///< empty: no CORS
    request_rate client_rate;                       ///< of a client without a rate of its own
    std::vector<std::string> trusted_proxies;       ///< networks whose X-Forwarded-For is believed, or "unix"

    bool operator==(limits const&) const = default;
};

}  // namespace sma::http
