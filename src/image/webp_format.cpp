// WebP header reader: chunks in a RIFF. The first frame is rewritten alone and without its alpha channel, so that
// neither the other frames nor the metadata are ever looked at and the colors under the alpha stay as they are.
#include "byte_reader.hpp"
#include "image_header.hpp"
#include "vips_rows.hpp"

#include <algorithm>

namespace sma::image {

namespace {

constexpr std::size_t chunk_header_bytes = 8;

void append_u32(std::string& out, std::size_t value) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

class webp_walk {
public:
    webp_walk(image_header& h, std::string_view file, int pages_max) noexcept
        : h_(h), file_(file), in_(file), pages_max_(pages_max) {}

    result<void> run() {
        h_.pages = 0;
        auto const end = std::min<std::uint64_t>(file_.size(), std::uint64_t{8} + in_.u32(4));
        walk(12, static_cast<std::size_t>(end), 0);
        if (bitstream_.empty()) return damaged(webp_format, "it holds no image");
        if (!read_frame_size()) return damaged(webp_format, "its frame has no valid header");
        if (!extended_) {
            h_.width = h_.frame.width;
            h_.height = h_.frame.height;
        }
        if (h_.frame.x + h_.frame.width > h_.width || h_.frame.y + h_.frame.height > h_.height) {
            return damaged(webp_format, "its first frame does not fit the image");
        }
        h_.pages = std::max(h_.pages, 1);
        h_.needs_whole_image = true;
        h_.samples = 4;  // what the library decodes to
        h_.whole_canvas =
            h_.frame.x == 0 && h_.frame.y == 0 && h_.frame.width == h_.width && h_.frame.height == h_.height;
        wrap();
        return {};
    }

private:
    void walk(std::size_t position, std::size_t end, int depth) {
        while (position + chunk_header_bytes <= end && h_.pages <= pages_max_) {
            auto const type = file_.substr(position, 4);
            std::size_t const length = in_.u32(position + 4);
            std::size_t const body = position + chunk_header_bytes;
            std::size_t const available = std::min(length, end - body);
            chunk(type, body, available, length, depth);
            if (available < length) return;
            position = body + length + (length & 1);
        }
    }

    void chunk(std::string_view type, std::size_t body, std::size_t available, std::size_t length, int depth) {
        bool const is_bitstream = type == "VP8 " || type == "VP8L";
        if (is_bitstream && bitstream_.empty()) {
            lossless_ = type == "VP8L";
            bitstream_ = file_.substr(body, available);
            h_.has_end = available == length;
        } else if (type == "VP8X" && depth == 0) {
            extended_ = true;
            h_.width = static_cast<int>(in_.u24(body + 4)) + 1;
            h_.height = static_cast<int>(in_.u24(body + 7)) + 1;
        } else if (type == "ANMF" && depth == 0) {
            if (++h_.pages > 1) return;
            h_.frame.x = static_cast<int>(in_.u24(body)) * 2;
            h_.frame.y = static_cast<int>(in_.u24(body + 3)) * 2;
            if (available > 16) walk(body + 16, body + available, 1);
        } else if (type == "ICCP" && depth == 0 && h_.profile.empty()) {
            h_.profile.push_back(file_.substr(body, available));
        } else if (type == "EXIF" && depth == 0) {
            h_.orientation.look(orientation_place::exif, file_.substr(body, available));
        } else if (type == "XMP " && depth == 0) {
            h_.orientation.look(orientation_place::xmp, file_.substr(body, available));
        }
    }

    bool read_frame_size() noexcept {
        byte_reader const in(bitstream_);
        if (lossless_) {
            if (in.u8(0) != 0x2f || !in.has(0, 5)) return false;
            std::uint32_t const bits = in.u32(1);
            h_.frame.width = static_cast<int>(bits & 0x3fff) + 1;
            h_.frame.height = static_cast<int>((bits >> 14) & 0x3fff) + 1;
            return true;
        }
        if (!in.starts_at(3, "\x9d\x01\x2a") || !in.has(0, 10)) return false;
        h_.frame.width = in.u16(6) & 0x3fff;
        h_.frame.height = in.u16(8) & 0x3fff;
        return h_.frame.width > 0 && h_.frame.height > 0;
    }

    void wrap() {
        auto& out = h_.rewritten;
        std::size_t const padded = bitstream_.size() + (bitstream_.size() & 1);
        out.reserve(padded + 20);
        out.append("RIFF");
        append_u32(out, padded + 12);
        out.append(lossless_ ? "WEBPVP8L" : "WEBPVP8 ");
        append_u32(out, bitstream_.size());
        out.append(bitstream_);
        if (out.size() % 2 != 0) out.push_back('\0');
        h_.keep(out);
    }

    image_header& h_;
    std::string_view file_;
    byte_reader in_;
    int pages_max_;
    std::string_view bitstream_;
    bool lossless_ = false;
    bool extended_ = false;
};

bool is_webp(std::string_view file) noexcept {
    return file.starts_with("RIFF") && file.size() >= 12 && file.substr(8, 4) == "WEBP";
}

result<void> read_webp_header(image_header& h, std::string_view file, int pages_max) {
    return webp_walk(h, file, pages_max).run();
}

}  // namespace

image_format const webp_format{
    .name = "webp",
    .title = "WebP",
    .matches = is_webp,
    .read_header = read_webp_header,
    .open_rows = vips_rows::open,
    .vips_loader = "webpload_source",
};

}  // namespace sma::image
