// Destination of a body's content: the request's parts, its body, or nowhere. Bytes in; no sockets.
#pragma once

#include "session_context.hpp"

#include "multipart_parser.hpp"
#include "sma/http/request.hpp"
#include "sma/http/router.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sma::http {

/// The length of a body that a route without a body accepts and drops.
inline constexpr std::size_t unwanted_body_bytes_max = 64 * 1024;

/// Belongs to one request; I/O thread only. Each byte is held once, and accounted for in `held`.
class upload : private multipart_handler {
public:
    /// `declared`: the body's length, if it is known.
    upload(session_context& context, request& r, held_bytes& held, body_kind kind,
           std::optional<std::uint64_t> declared);

    /// To be called before the first byte: refuses what can be refused from the head alone. Errors: file_too_large,
    /// queue_full, malformed_multipart.
    result<void> begin();
    /// Takes the next bytes. Errors: those of begin().
    result<void> feed(std::string_view bytes);
    /// Announces that at least so many more bytes will come. Error: file_too_large.
    result<void> expect(std::uint64_t bytes) const;
    /// The body has ended. Error: malformed_multipart.
    result<void> finish();

private:
    result<void> on_part_begin(part_head head) override;
    result<void> on_part_data(std::string_view bytes) override;
    result<void> on_part_end() override;

    result<void> choose_sink();
    result<void> append(std::string& to, std::string_view bytes, std::size_t bytes_max);
    result<void> check_declared();
    error too_large() const;
    error no_memory_left() const;

    session_context& context_;
    request& request_;
    held_bytes& held_;
    body_kind const kind_;
    std::optional<std::uint64_t> const declared_;
    std::size_t bytes_max_ = 0;  ///< of the whole body
    std::uint64_t received_ = 0;
    std::optional<multipart_parser> parser_;
};

}  // namespace sma::http
