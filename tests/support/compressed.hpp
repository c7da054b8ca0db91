// Compression of test data, and inflation of what a server sends. A test program that includes it links zlib and
// libzstd.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace sma::test {

/// windowBits of zlib: the format of the data.
enum class zlib_format { gzip = 31, zlib = 15, raw = -15 };

inline std::string deflated(std::string_view bytes, zlib_format format, int level = 9) {
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, static_cast<int>(format), 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.erase(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline std::string gzipped(std::string_view bytes) { return deflated(bytes, zlib_format::gzip); }

inline std::string zstd_compressed(std::string_view bytes, int level = 3) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level));
    return out;
}

/// Of one gzip member, whole.
inline std::string gunzipped(std::string_view bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, static_cast<int>(zlib_format::gzip)) != Z_OK) throw std::runtime_error("inflateInit2");
    std::string out;
    char piece[16 * 1024];
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(piece);
        stream.avail_out = sizeof piece;
        status = inflate(&stream, Z_NO_FLUSH);
        out.append(piece, sizeof piece - stream.avail_out);
    }
    bool const whole = status == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    if (!whole) throw std::runtime_error("not one whole gzip member");
    return out;
}

}  // namespace sma::test
