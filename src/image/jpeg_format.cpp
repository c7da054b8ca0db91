// JPEG header reader (ITU T.81): a list of marker segments, and after each SOS the data of one scan.
#include "byte_reader.hpp"
#include "image_header.hpp"
#include "jpeg_rows.hpp"

#include <cstring>

namespace sma::image {

namespace {

constexpr std::uint8_t soi = 0xd8;
constexpr std::uint8_t eoi = 0xd9;
constexpr std::uint8_t sos = 0xda;
constexpr std::uint8_t app1 = 0xe1;

bool is_frame_header(std::uint8_t marker) noexcept {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

bool is_progressive(std::uint8_t marker) noexcept {
    return marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce;
}

bool stands_alone(std::uint8_t marker) noexcept { return marker == 0x01 || (marker >= 0xd0 && marker <= soi); }

// The next byte after 0xff that is neither filling nor a stuffed zero nor, inside a scan, a restart; npos if none.
std::size_t find_marker(std::string_view file, std::size_t position) noexcept {
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

class jpeg_walk {
public:
    jpeg_walk(image_header& h, std::string_view file) noexcept : h_(h), file_(file), in_(file, true) {}

    result<void> run() {
        h_.scans = 0;
        std::size_t position = 2;
        while (true) {
            std::size_t const code_at = find_marker(file_, position);
            if (code_at == std::string_view::npos) break;
            std::uint8_t const marker = in_.u8(code_at);
            if (marker == eoi) {
                h_.has_end = h_.scans > 0;
                return finish();
            }
            position = code_at + 1;
            if (stands_alone(marker)) continue;
            std::size_t const length = in_.u16(position);
            if (length < 2 || !in_.has(position, length)) break;
            segment(marker, position, length);
            position += length;
        }
        return finish();
    }

private:
    void segment(std::uint8_t marker, std::size_t position, std::size_t length) noexcept {
        if (is_frame_header(marker) && h_.width == 0) {
            h_.bits = in_.u8(position + 2);
            h_.height = in_.u16(position + 3);
            h_.width = in_.u16(position + 5);
            h_.samples = in_.u8(position + 7);
            progressive_ = is_progressive(marker);
        } else if (marker == sos) {
            ++h_.scans;
        } else if (marker == app1 && !saw_exif_ && in_.starts_at(position + 2, std::string_view("Exif\0", 5))) {
            saw_exif_ = true;
            h_.orientation = exif_orientation(file_.substr(position + 2, length - 2));
        }
    }

    result<void> finish() {
        h_.needs_whole_image = progressive_ || h_.scans > 1;
        if (h_.width <= 0 || h_.height <= 0) return damaged(jpeg_format, "its image size is missing");
        if (h_.scans == 0) return damaged(jpeg_format, "it ends before the image begins");
        return {};
    }

    image_header& h_;
    std::string_view file_;
    byte_reader in_;
    bool saw_exif_ = false;
    bool progressive_ = false;
};

bool is_jpeg(std::string_view file) noexcept { return file.starts_with("\xff\xd8\xff"); }

result<void> read_jpeg_header(image_header& h, std::string_view file, int /*pages_max*/) {
    return jpeg_walk(h, file).run();
}

}  // namespace

image_format const jpeg_format{
    .name = "jpeg",
    .title = "JPEG",
    .matches = is_jpeg,
    .read_header = read_jpeg_header,
    .open_rows = jpeg_rows::open,
};

}  // namespace sma::image
