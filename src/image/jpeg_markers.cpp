#include "jpeg_markers.hpp"

#include "byte_reader.hpp"

#include <cstring>

namespace sma::image {

std::size_t find_jpeg_marker(std::string_view file, std::size_t position) noexcept {
    while (position + 1 < file.size()) {
        auto const* hit =
            static_cast<char const*>(std::memchr(file.data() + position, 0xff, file.size() - 1 - position));
        if (hit == nullptr) return std::string_view::npos;
        position = static_cast<std::size_t>(hit - file.data()) + 1;
        auto const code = static_cast<std::uint8_t>(file[position]);
        if (code != 0xff && code != 0x00 && !(code >= 0xd0 && code <= 0xd7)) return position;
    }
    return std::string_view::npos;
}

std::int64_t scans_in(std::string_view file) noexcept {
    std::int64_t n = 0;
    for (std::size_t at = file.find("\xff\xda"); at != std::string_view::npos; at = file.find("\xff\xda", at + 2)) ++n;
    return n;
}

std::string unusual_frame(std::uint8_t frame_header, int bits, int samples) {
    if (bits != 8) return std::to_string(bits) + " bits a sample";
    switch (frame_header) {
        case 0xc0:
        case 0xc1:
        case 0xc2:
        case 0xc9:
        case 0xca:
            break;
        case 0xc3:
        case 0xcb:
            return "lossless JPEG";
        default:
            return "hierarchical JPEG";
    }
    return samples == 1 || samples == 3 || samples == 4 ? std::string() : std::to_string(samples) + " channels";
}

std::string unusual_jpeg(std::string_view file) {
    byte_reader const in(file, true);
    std::size_t position = 0;
    while (true) {
        std::size_t const code_at = find_jpeg_marker(file, position);
        if (code_at == std::string_view::npos) return {};
        std::uint8_t const marker = in.u8(code_at);
        position = code_at + 1;
        if (jpeg_marker::stands_alone(marker)) continue;
        if (jpeg_marker::is_frame_header(marker))
            return unusual_frame(marker, in.u8(position + 2), in.u8(position + 7));
        std::size_t const length = in.u16(position);
        if (length < 2 || marker == jpeg_marker::sos) return {};
        position += length;
    }
}

}  // namespace sma::image
