// Incremental decoder for Transfer-Encoding: chunked (RFC 9112 section 7.1): bytes in, views of the content out; no
// sockets.
#pragma once

#include "chunk_extensions.hpp"
#include "sma/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sma::http {

/// Strict: CRLF only, at most 16 digits of size, extensions and trailers by their grammar. These are dropped, together
/// at most `overhead_max` bytes. Holds no content. Belongs to one request; not thread-safe.
class chunk_decoder {
public:
    static constexpr std::size_t overhead_max = 8 * 1024;

    struct step {
        std::size_t consumed = 0;  ///< bytes of the input that are done with
        std::string_view content;  ///< a view into the input; empty: all input is consumed, or the body has ended
    };

    /// Takes up to the end of the next piece of content. Call again with the rest while it consumes and is not
    /// finished(). Error: malformed_request.
    result<step> next(std::string_view bytes);
    /// Bytes of the current chunk that have not come.
    std::uint64_t announced() const noexcept { return state_ == state::content ? left_ : 0; }
    /// The last chunk and the trailers have been read.
    bool finished() const noexcept { return state_ == state::finished; }

private:
    enum class state {
        size,
        extension,
        size_lf,
        content,
        content_cr,
        content_lf,
        trailer_begin,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        finished,
        failed
    };

    bool take(char c);
    bool take_size(char c);
    bool take_extension(char c);
    bool take_trailer(char c);
    bool begin_trailer(char c) noexcept;
    bool take_trailer_value(char c) noexcept;

    state state_ = state::size;
    std::uint64_t left_ = 0;  ///< of the current chunk
    int digits_ = 0;
    chunk_extensions extensions_;
    std::size_t overhead_ = 0;
};

}  // namespace sma::http
