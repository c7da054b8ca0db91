// Error codes for all expected failures, and result<T> to carry them.
//
// Values are immutable; every function here may be called on any thread.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace sma {

/// Expected failures. Bugs are exceptions instead.
enum class errc {
    // The client's request.
    malformed_request = 1,   ///< 400 the bytes are not valid HTTP, JSON or base64
    malformed_multipart,     ///< 400 the form cannot be parsed, or has too many parts
    missing_file,            ///< 400 no part named `file`, no `image` in the JSON body
    empty_file,              ///< 400 the image has no bytes
    unauthorized,            ///< 401 no key, or one that is not known
    forbidden,               ///< 403 the key does not allow this
    not_found,               ///< 404 no such path
    method_not_allowed,      ///< 405 the path exists, not with this method; answered with Allow
    request_timeout,         ///< 408 the client was too slow to send
    conflict,                ///< 409 not as things are: another of its kind is under way, or a model's state forbids it
    file_too_large,          ///< 413 more bytes than max_image_bytes or max_body_bytes, or inflated too much
    image_too_large,         ///< 413 more pixels, frames or pages than allowed
    uri_too_long,            ///< 414 the request target is longer than 8 KiB or max_header_bytes
    unsupported_media_type,  ///< 415 judged by the bytes: not an allowed image format; or an unknown Content-Encoding
    expectation_failed,      ///< 417 Expect other than 100-continue
    validation_error,        ///< 422 a parameter or a tensor's shape
    preprocessing_failed,    ///< 422 the image does not decode
    image_not_fetched,       ///< 422 the host of its URL did not send it
    rate_limited,            ///< 429 this client sends too much; carries Retry-After
    headers_too_large,       ///< 431 request line and headers exceed max_header_bytes
    client_closed_request,   ///< 499 never sent: for the log when the client left
    // The server.
    inference_runtime_error,     ///< 500 the engine failed on this image
    internal_error,              ///< 500 a bug: an exception reached the session
    not_implemented,             ///< 501 a method or a transfer coding that no part of the server knows
    model_not_loaded,            ///< 503 loading, warming up or failed; carries Retry-After
    queue_full,                  ///< 503 the queue or the bytes in flight are at their limit; carries Retry-After
    out_of_memory,               ///< 503 this image alone did not fit into memory; carries Retry-After
    shutting_down,               ///< 503 the server drains; carries Retry-After
    deadline_exceeded,           ///< 504 the request's deadline passed, or cannot be met
    http_version_not_supported,  ///< 505 neither HTTP/1.0 nor HTTP/1.1
    // Never sent to a client: start-up and commands.
    invalid_setting,  ///< unknown name, value out of range, unreadable file
    invalid_weights,  ///< truncated, misshapen, unknown architecture
    invalid_labels,   ///< unreadable, or a count that does not fit the model
    unsupported,      ///< not possible on this machine or with this build
    io_error,         ///< the operating system refused
};

/// The code as the contract spells it, e.g. "FILE_TOO_LARGE".
std::string_view error_name(errc code) noexcept;

/// What failed, in words for the person who can fix it. Never a stack trace, a path on the server or a library's text
/// alone.
struct error {
    error() = default;  ///< of boost::system::result without an error
    error(errc c, std::string text, std::optional<unsigned> retry_after = std::nullopt)
        : code(c), message(std::move(text)), retry_after_s(retry_after) {}

    errc code = errc::internal_error;
    std::string message;
    std::optional<unsigned> retry_after_s;  ///< seconds, for Retry-After
};

/// "QUEUE_FULL: the queue is full".
std::ostream& operator<<(std::ostream& out, error const& e);

/// A value or an error. `value()` on an error throws std::logic_error, for that is a bug: ask has_value() first.
template <class T = void>
using result = boost::system::result<T, error>;

/// Thrown by result<T>::value() when there is none: a bug in the caller.
[[noreturn]] void throw_exception_from_error(error const& e, boost::source_location const& where);

}  // namespace sma
