#include "zlib_inflater.hpp"

#include <new>

namespace sma::http {
namespace {

constexpr int window_bits = 15;
constexpr int with_gzip_header = 16;
/// What zlib takes for inflate(): a window of 32 KiB and its state.
constexpr std::size_t stream_bytes = 40 * 1024;

error malformed(char const* what) { return error(errc::malformed_request, what); }

/// The low half of the first byte is the method, which is 8; no compressor begins raw data so.
bool has_zlib_header(char first) noexcept { return (static_cast<unsigned char>(first) & 0x0f) == Z_DEFLATED; }

/// zlib does not write through next_in.
Bytef* input(std::string_view bytes) noexcept {
    return const_cast<Bytef*>(reinterpret_cast<Bytef const*>(bytes.data()));
}

}  // namespace

zlib_inflater::~zlib_inflater() {
    if (begun_) inflateEnd(&stream_);
}

std::size_t zlib_inflater::memory() const noexcept { return begun_ ? stream_bytes : 0; }

void zlib_inflater::begin(char first) {
    int const bits = coding_ == content_coding::gzip ? window_bits + with_gzip_header
                     : has_zlib_header(first)        ? window_bits
                                                     : -window_bits;
    if (inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
    begun_ = true;
}

/// Behind the end of a member.
result<void> zlib_inflater::go_on() {
    if (coding_ != content_coding::gzip) return malformed("bytes follow the end of the compressed body");
    ended_ = false;
    inflateReset(&stream_);
    return {};
}

result<std::size_t> zlib_inflater::step(std::string_view& bytes, std::span<char> into) {
    if (!begun_) begin(bytes.front());
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    for (;;) {
        if (ended_ && bytes.empty()) break;
        if (ended_)
            if (auto const more = go_on(); !more) return more.error();
        stream_.next_in = input(bytes);
        stream_.avail_in = static_cast<uInt>(bytes.size());
        auto const status = inflate(&stream_, Z_NO_FLUSH);
        bytes.remove_prefix(bytes.size() - stream_.avail_in);
        if (status == Z_MEM_ERROR) throw std::bad_alloc();
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return malformed("the body is not in the format that Content-Encoding names");
        ended_ = status == Z_STREAM_END;
        // One member may be over before anything has come out of it.
        if (stream_.avail_out == 0 || (bytes.empty() && !ended_) || status == Z_BUF_ERROR) break;
    }
    return into.size() - stream_.avail_out;
}

}  // namespace sma::http
