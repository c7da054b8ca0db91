#include "gzip_writer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <new>

namespace sma::http {
namespace {

constexpr int with_gzip_header = 16;

/// zlib does not write through next_in.
Bytef* input(std::string_view bytes) noexcept {
    return const_cast<Bytef*>(reinterpret_cast<Bytef const*>(bytes.data()));
}

}  // namespace

gzip_writer::gzip_writer(std::size_t content_bytes) {
    int const window_bits = std::clamp(static_cast<int>(std::bit_width(content_bytes)), 10, 15);
    int const memory_level = window_bits - 7;
    if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, window_bits + with_gzip_header, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
}

void gzip_writer::add(std::string_view slice, bool last, std::string& out) {
    std::array<char, 8 * 1024> piece;
    stream_.next_in = input(slice);
    stream_.avail_in = static_cast<uInt>(slice.size());
    do {
        stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream_.avail_out = static_cast<uInt>(piece.size());
        deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
        out.append(piece.data(), piece.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
}

}  // namespace sma::http
