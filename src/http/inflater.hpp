// Decoder of compressed bodies (gzip, deflate, zstd), piece by piece. Bytes in, views of the content out; no sockets.
#pragma once

#include "content_coding.hpp"
#include "sma/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace sma::http {

/// Content of this length is never too much for the bytes that it came in: small bodies of one color or of zeros
/// compress a thousand times.
inline constexpr std::uint64_t inflated_bytes_free = 1024 * 1024;

/// Holds no content. Belongs to one request; not thread-safe.
class inflater {
public:
    /// `coding` is not identity. More than `ratio_max` bytes of content for each byte of the body are refused. Throws
    /// std::bad_alloc, as next() does.
    static std::unique_ptr<inflater> make(content_coding coding, std::uint64_t ratio_max);
    virtual ~inflater() = default;

    /// The next piece of the content, in `into`, and takes the bytes from the front of `bytes` that it came of. Empty:
    /// all bytes are taken and all content has been given. Errors: malformed_request, file_too_large.
    result<std::string_view> next(std::string_view& bytes, std::span<char> into);
    /// The body has ended. Error: malformed_request if the coded data has not.
    result<void> finish() const;
    /// Bytes of memory that it holds.
    virtual std::size_t memory() const noexcept = 0;

protected:
    explicit inflater(std::uint64_t ratio_max) noexcept : ratio_max_(ratio_max) {}

    /// As next(): returns the number of bytes written.
    virtual result<std::size_t> step(std::string_view& bytes, std::span<char> into) = 0;
    /// Whether the data may end here.
    virtual bool is_whole() const noexcept = 0;

private:
    std::uint64_t const ratio_max_;
    std::uint64_t coded_bytes_ = 0;
    std::uint64_t content_bytes_ = 0;
    bool may_have_more_ = false;  ///< the last piece filled its memory
};

}  // namespace sma::http
