// Writer of gzip data (RFC 1952), slice by slice. Bytes in, bytes out; no sockets.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace sma::http {

/// Belongs to one response; not thread-safe.
class gzip_writer {
public:
    /// For content of this length: a short one needs less memory. Throws std::bad_alloc.
    explicit gzip_writer(std::size_t content_bytes);
    ~gzip_writer() { deflateEnd(&stream_); }
    gzip_writer(gzip_writer const&) = delete;
    gzip_writer& operator=(gzip_writer const&) = delete;

    /// Appends to `out` what can be written by now; with the last slice everything.
    void add(std::string_view slice, bool last, std::string& out);

private:
    z_stream stream_{};
};

}  // namespace sma::http
