// Parser for the head of an HTTP/1 request: bytes in, checked fields out; no sockets. Beast parses. What Beast accepts
// but another server in the chain may read differently (request smuggling, RFC 9112 section 11.2) is refused here.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/request.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sma::http {

inline constexpr std::size_t target_bytes_max = 8 * 1024;

/// The framing of the body (RFC 9112 section 6).
enum class body_framing { none, length, chunked };

/// A head that has passed every check.
struct request_head {
    verb method = verb::get;  ///< unknown for a method that is not registered
    std::string target;       ///< as sent, at most target_bytes_max
    unsigned version = 11;    ///< 10 or 11
    bool keep_alive = true;   ///< as the client wishes
    bool expects_continue = false;
    body_framing framing = body_framing::none;
    std::uint64_t content_length = 0;  ///< with body_framing::length; never 0 there
    beast_http::fields fields;
};

/// Finds the end of a head in bytes that arrive in pieces, and refuses malformed lines as soon as they are complete.
/// Belongs to one request; not thread-safe.
class head_scanner {
public:
    /// `bytes` begin at the head's first byte and have at least what the last call had. The size of the head with its
    /// empty line, or nothing if its end has not come yet. Error: malformed_request.
    result<std::optional<std::size_t>> scan(std::string_view bytes);

private:
    std::size_t line_begin_ = 0;
    std::size_t scanned_ = 0;
};

/// `bytes` is one head that head_scanner has passed. Error: malformed_request, and the byte stream is then unclear.
result<request_head> parse_head(std::string_view bytes);

}  // namespace sma::http
