#include "palette_png.hpp"

#include <zlib.h>

#include <new>

namespace sma::api {
namespace {

void append_number(std::string& out, std::uint32_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> static_cast<unsigned>(shift));
}

Bytef const* bytes_of(std::string const& s) { return reinterpret_cast<Bytef const*>(s.data()); }

/// Length, type, content and checksum; `chunk` begins with its type.
void append_chunk(std::string& out, std::string const& chunk) {
    append_number(out, static_cast<std::uint32_t>(chunk.size() - 4));
    out += chunk;
    append_number(out, static_cast<std::uint32_t>(crc32(0, bytes_of(chunk), static_cast<uInt>(chunk.size()))));
}

std::string header(int width, int height) {
    constexpr std::string_view eight_bits_of_palette("\x08\x03\x00\x00\x00", 5);
    std::string chunk = "IHDR";
    append_number(chunk, static_cast<std::uint32_t>(width));
    append_number(chunk, static_cast<std::uint32_t>(height));
    return chunk.append(eight_bits_of_palette);
}

std::string colors(png_palette const& palette) {
    std::string chunk = "PLTE";
    for (auto const& c : palette)
        for (auto const part : {c.red, c.green, c.blue}) chunk += static_cast<char>(part);
    return chunk;
}

std::string transparency(png_palette const& palette) {
    std::string chunk = "tRNS";
    for (auto const& c : palette) chunk += static_cast<char>(c.alpha);
    return chunk;
}

std::string compressed(std::string const& plain) {
    auto size = compressBound(plain.size());
    std::string chunk = "IDAT";
    chunk.resize(4 + size);
    auto* const to = reinterpret_cast<Bytef*>(chunk.data() + 4);
    if (compress2(to, &size, bytes_of(plain), plain.size(), Z_BEST_SPEED) != Z_OK) throw std::bad_alloc();
    chunk.resize(4 + size);
    return chunk;
}

/// Each row as differences to the one above (filter type 2), which are mostly alike.
std::string filtered(std::string_view levels, std::size_t width, std::size_t height) {
    constexpr char filter_up = 2;
    std::string rows;
    rows.reserve((width + 1) * height);
    for (std::size_t y = 0; y < height; ++y) {
        rows += filter_up;
        for (std::size_t x = 0; x < width; ++x) {
            char const above = y == 0 ? '\0' : levels[(y - 1) * width + x];
            rows += static_cast<char>(levels[y * width + x] - above);
        }
    }
    return rows;
}

}  // namespace

std::string write_palette_png(std::string_view levels, int width, int height, png_palette const& palette) {
    std::string file = "\x89PNG\r\n\x1a\n";
    append_chunk(file, header(width, height));
    append_chunk(file, colors(palette));
    append_chunk(file, transparency(palette));
    append_chunk(file, compressed(filtered(levels, static_cast<std::size_t>(width), static_cast<std::size_t>(height))));
    append_chunk(file, "IEND");
    return file;
}

}  // namespace sma::api
