#include "bodies.hpp"

#include <algorithm>
#include <cstdint>

namespace sma::test {
namespace {

void append_little_endian(std::string& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void append_big_endian(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xFFFF'FFFFU;
    for (char const c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB8'8320U : 0U);
    }
    return ~crc;
}

void append_png_chunk(std::string& out, std::string_view type, std::string_view content) {
    append_big_endian(out, static_cast<std::uint32_t>(content.size()));
    auto const checked = std::string(type) + std::string(content);
    out += checked;
    append_big_endian(out, crc32(checked));
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        auto const present = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (j < present ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j) out.push_back(j > present ? '=' : alphabet[group >> (18 - 6 * j) & 63]);
    }
    return out;
}

form_body make_form(std::vector<form_file> const& files) {
    std::string const boundary = "------------------------4ebf00fbcf09";
    std::string bytes;
    for (auto const& file : files) {
        bytes += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + file.name + "\"";
        if (!file.filename.empty()) bytes += "; filename=\"" + file.filename + "\"";
        bytes += "\r\nContent-Type: application/octet-stream\r\n\r\n" + file.bytes + "\r\n";
    }
    bytes += "--" + boundary + "--\r\n";
    return {{{"Content-Type", "multipart/form-data; boundary=" + boundary}}, std::move(bytes)};
}

std::string post_form(std::string_view target, std::vector<form_file> const& files) {
    auto const form = make_form(files);
    return make_request("POST", target, form.headers, form.bytes);
}

std::string post_image(std::string_view target, std::string_view bytes) {
    return make_request("POST", target, {{"Content-Type", "application/octet-stream"}}, bytes);
}

std::string in_chunks(std::string_view bytes, std::size_t chunk_bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    while (!bytes.empty()) {
        auto const piece = bytes.substr(0, chunk_bytes);
        std::string size;
        for (auto left = piece.size(); left > 0; left /= 16) size.insert(size.begin(), digits[left % 16]);
        out += size + "\r\n" + std::string(piece) + "\r\n";
        bytes.remove_prefix(piece.size());
    }
    return out + "0\r\n\r\n";
}

std::string make_bmp(int width, int height) {
    auto const row_bytes = static_cast<std::uint32_t>((width * 3 + 3) / 4 * 4);
    auto const pixel_bytes = row_bytes * static_cast<std::uint32_t>(height);
    std::string out = "BM";
    append_little_endian(out, 54 + pixel_bytes, 4);
    append_little_endian(out, 0, 4);
    append_little_endian(out, 54, 4);
    append_little_endian(out, 40, 4);
    append_little_endian(out, static_cast<std::uint32_t>(width), 4);
    append_little_endian(out, static_cast<std::uint32_t>(height), 4);
    append_little_endian(out, 1, 2);
    append_little_endian(out, 24, 2);
    for (int i = 0; i < 6; ++i) append_little_endian(out, 0, 4);
    return out.append(pixel_bytes, '\x80');
}

std::string make_png_header(unsigned width, unsigned height) {
    std::string out = "\x89PNG\r\n\x1a\n";
    std::string header;
    append_big_endian(header, width);
    append_big_endian(header, height);
    header += std::string("\x08\x02\x00\x00\x00", 5);
    append_png_chunk(out, "IHDR", header);
    append_png_chunk(out, "IDAT", "");
    append_png_chunk(out, "IEND", "");
    return out;
}

}  // namespace sma::test
