// Parser for the head of an HTTP/1 request: bytes in, checked fields out; no sockets. Beast parses. What Beast accepts
// but another server in the chain may read differently (request smuggling, RFC 9112 section 11.2) is refused here.
#pragma once

#include "request_line.hpp"
#include "sma/core/error.hpp"
#include "sma/http/request.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sma::http {

/// The framing of the body (RFC 9112 section 6).
enum class body_framing { none, length, chunked };

/// A head that has passed every check.
struct request_head {
    verb method = verb::get;  ///< unknown for a method that is not registered
    std::string target;       ///< as sent, at most target_bytes_max
    unsigned version = 11;    ///< 10 or 11; a later HTTP/1 is 11
    bool keep_alive = true;   ///< as the client wishes
    bool expects_continue = false;
    bool expects_unknown = false;  ///< something other than 100-continue
    body_framing framing = body_framing::none;
    std::uint64_t content_length = 0;  ///< with body_framing::length; never 0 there
    beast_http::fields fields;
};

/// Finds the end of a head in bytes that arrive in pieces, and refuses malformed lines as soon as they are complete.
/// Belongs to one request; not thread-safe.
class head_scanner {
public:
    /// `bytes` begin at the head's first byte and have at least what the last call had. The size of the head with its
    /// empty line, or nothing if its end has not come yet. Errors: malformed_request, uri_too_long, not_implemented,
    /// http_version_not_supported.
    result<std::optional<std::size_t>> scan(std::string_view bytes);

private:
    std::size_t line_begin_ = 0;
    std::size_t scanned_ = 0;
};

/// `bytes` is one head that head_scanner has passed. Errors: malformed_request, not_implemented (a transfer coding),
/// and the byte stream is then unclear.
result<request_head> parse_head(std::string_view bytes);

}  // namespace sma::http
