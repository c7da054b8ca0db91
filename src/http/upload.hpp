// Destination of a body: what it holds, inflated if need be, goes to the request's parts, its body, or nowhere. Bytes
// in; no sockets.
#pragma once

#include "session_context.hpp"

#include "inflater.hpp"
#include "multipart_parser.hpp"
#include "sma/http/request.hpp"
#include "sma/http/router.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sma::http {

/// The length of a body that a route without a body accepts and drops.
inline constexpr std::size_t unwanted_body_bytes_max = 64 * 1024;

/// Belongs to one request; I/O thread only. Each byte is held once, and accounted for in `held`. The limits hold for
/// the content; a compressed body itself may be a little longer, and is never held.
class upload : private multipart_handler {
public:
    /// `declared`: the body's length, if it is known.
    upload(session_context& context, request& r, held_bytes& held, body_kind kind,
           std::optional<std::uint64_t> declared);

    /// To be called before the first byte: refuses what can be refused from the head alone. Errors: file_too_large,
    /// queue_full, malformed_multipart.
    result<void> begin();
    /// The most bytes that should be fed before others have their turn: inflating them may take long.
    std::size_t turn_bytes() const noexcept;
    /// Takes the next bytes. Errors: those of begin(), malformed_request.
    result<void> feed(std::string_view bytes);
    /// Announces that at least so many more bytes will come. Error: file_too_large.
    result<void> expect(std::uint64_t bytes) const;
    /// The body has ended. Errors: malformed_multipart, malformed_request.
    result<void> finish();

private:
    result<void> on_part_begin(part_head head) override;
    result<void> on_part_data(std::string_view bytes) override;
    result<void> on_part_end() override;

    result<void> choose_sink();
    void choose_inflater();
    result<void> inflate(std::string_view bytes);
    result<void> take(std::string_view content);
    bool hold_inflater();
    std::uint64_t coded_bytes_max() const noexcept;
    result<void> append(std::string& to, std::string_view bytes, std::size_t bytes_max);
    result<void> check_declared();
    error too_large() const;
    error no_memory_left() const;

    session_context& context_;
    request& request_;
    held_bytes& held_;
    body_kind const kind_;
    std::optional<std::uint64_t> const declared_;
    std::size_t bytes_max_ = 0;  ///< of the whole content
    std::uint64_t received_ = 0;
    std::uint64_t content_bytes_ = 0;
    std::unique_ptr<inflater> inflater_;  ///< none: the body is the content
    held_bytes held_by_inflater_;
    std::size_t inflater_bytes_ = 0;
    std::optional<multipart_parser> parser_;
};

}  // namespace sma::http
