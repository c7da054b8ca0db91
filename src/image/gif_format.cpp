// GIF header reader. The first frame is rewritten as a file of its own, without transparency, so that the others are
// counted but never parsed by the library, and so that its colors are those of its palette everywhere.
#include "byte_reader.hpp"
#include "gif_codes.hpp"
#include "image_header.hpp"
#include "vips_rows.hpp"

#include <algorithm>

namespace sma::image {

namespace {

constexpr std::uint8_t extension = 0x21;
constexpr std::uint8_t graphic_control = 0xf9;
constexpr std::uint8_t image_descriptor = 0x2c;
constexpr std::uint8_t trailer = 0x3b;
constexpr std::size_t descriptor_bytes = 10;
constexpr std::size_t palette_bytes = 768;
constexpr std::size_t frame_data_at = 13 + descriptor_bytes + palette_bytes;  // in the rewritten file
constexpr std::string_view whole_end("\1\0\0;", 4);                           // what follows the frame's data there
constexpr std::string_view cut_end("\0;", 2);

std::size_t table_bytes(std::uint8_t flags) noexcept {
    return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

void append_u16(std::string& out, int value) {
    out.push_back(static_cast<char>(value & 0xff));
    out.push_back(static_cast<char>((value >> 8) & 0xff));
}

class gif_walk {
public:
    gif_walk(image_header& h, std::string_view file, int pages_max) noexcept
        : h_(h), file_(file), in_(file), pages_max_(pages_max) {}

    result<void> run() {
        h_.pages = 0;
        std::uint8_t const flags = in_.u8(10);
        global_table_ = file_.substr(std::min<std::size_t>(13, file_.size()), table_bytes(flags));
        std::size_t position = 13 + table_bytes(flags);
        while (in_.has(position, 1) && h_.pages <= pages_max_) {
            std::uint8_t const kind = in_.u8(position);
            if (kind == trailer) break;
            if (kind == extension) {
                position = skip_extension(position);
            } else if (kind == image_descriptor) {
                position = frame(position);
            } else {
                ++position;  // Pillow and browsers pass over stray bytes
            }
        }
        if (h_.pages == 0) return damaged(gif_format, "it holds no image");
        return finish();
    }

private:
    // Past the block's end, or the file's.
    std::size_t skip_sub_blocks(std::size_t position) noexcept {
        while (in_.has(position, 1)) {
            std::size_t const length = in_.u8(position);
            position += 1 + length;
            if (length == 0) return position;
        }
        return file_.size() + 1;
    }

    std::size_t skip_extension(std::size_t position) noexcept {
        if (in_.u8(position + 1) == graphic_control && h_.pages == 0 && in_.u8(position + 2) == 4) {
            transparent_ = (in_.u8(position + 3) & 1) != 0 ? in_.u8(position + 6) : -1;
        }
        return skip_sub_blocks(position + 2);
    }

    std::size_t frame(std::size_t position) {
        std::uint8_t const flags = in_.u8(position + 9);
        std::size_t const table = position + descriptor_bytes;
        std::size_t const data = table + table_bytes(flags);
        std::size_t const end = skip_sub_blocks(data + 1);
        if (++h_.pages > 1) return end;
        h_.frame = {in_.u16(position + 1), in_.u16(position + 3), in_.u16(position + 5), in_.u16(position + 7)};
        h_.width = std::max<int>(in_.u16(6), h_.frame.x + h_.frame.width);
        h_.height = std::max<int>(in_.u16(8), h_.frame.y + h_.frame.height);
        interlaced_ = (flags & 0x40) != 0;
        h_.has_end = end <= file_.size();
        if (in_.has(table, 1)) table_ = file_.substr(table, table_bytes(flags));
        if (table_.empty()) table_ = global_table_;
        if (in_.has(data, 1)) data_ = file_.substr(data, end <= file_.size() ? end - data : std::string_view::npos);
        return end;
    }

    result<void> finish() {
        if (h_.frame.width == 0 || h_.frame.height == 0) return damaged(gif_format, "its first frame is empty");
        if (data_.size() < 2) return damaged(gif_format, "its first frame has no data");
        h_.needs_whole_image = true;
        h_.samples = 4;  // what the library decodes to
        h_.whole_canvas = h_.frame.width == h_.width && h_.frame.height == h_.height;
        // Pillow starts from a canvas of the transparent color, or of the first one.
        auto const index = static_cast<std::uint8_t>(std::max(transparent_, 0));
        byte_reader const colors(table_);
        if (table_.empty()) {
            h_.background = {index, index, index};
        } else {
            for (std::size_t c = 0; c < 3; ++c) h_.background[c] = colors.u8(std::size_t{index} * 3 + c);
        }
        write_single_frame();
        return {};
    }

    void write_single_frame() {
        auto& out = h_.rewritten;
        out.reserve(data_.size() + 800);
        out.append("GIF89a");
        append_u16(out, h_.frame.width);
        append_u16(out, h_.frame.height);
        out.append(3, '\0');
        out.push_back(static_cast<char>(image_descriptor));
        out.append(4, '\0');
        append_u16(out, h_.frame.width);
        append_u16(out, h_.frame.height);
        out.push_back(static_cast<char>(0x87 | (interlaced_ ? 0x40 : 0)));
        append_palette(out);
        append_data(out);
        h_.keep(out);
    }

    // libnsgif wants to see one byte more than its last code takes, though no end code needs to follow: a block of one
    // zero. In data that are cut off it would stand inside their last block.
    void append_data(std::string& out) const {
        out.append(h_.has_end ? data_.substr(0, data_.size() - 1) : data_);
        out.append(h_.has_end ? whole_end : cut_end);
    }

    void append_palette(std::string& out) const {
        if (table_.empty()) {
            for (int i = 0; i < 256; ++i) out.append(3, static_cast<char>(i));
            return;
        }
        out.append(table_);
        out.append(palette_bytes - std::min(palette_bytes, table_.size()), '\0');
    }

    image_header& h_;
    std::string_view file_;
    byte_reader in_;
    int pages_max_;
    std::string_view global_table_;
    std::string_view table_;  ///< of the first frame
    std::string_view data_;   ///< its code size and sub-blocks
    int transparent_ = -1;
    bool interlaced_ = false;
};

bool is_gif(std::string_view file) noexcept { return file.starts_with("GIF87a") || file.starts_with("GIF89a"); }

result<void> read_gif_header(image_header& h, std::string_view file, int pages_max) {
    return gif_walk(h, file, pages_max).run();
}

// libnsgif leaves the pixels black that a frame lacks, and says nothing.
result<std::unique_ptr<row_source>> open_gif_rows(image_header const& h, std::string_view file,
                                                  row_options const& options, work_watch const& watch) {
    std::int64_t const pixels = std::int64_t{h.frame.width} * h.frame.height;
    auto data = std::string_view(h.rewritten).substr(frame_data_at);
    data.remove_suffix((h.has_end ? whole_end : cut_end).size());
    if (!options.allow_truncated && pixels_in_gif_codes(data, pixels) < pixels) {
        return damaged(gif_format, "its first frame lacks pixels");
    }
    return vips_rows::open(h, file, options, watch);
}

}  // namespace

image_format const gif_format{
    .name = "gif",
    .title = "GIF",
    .matches = is_gif,
    .read_header = read_gif_header,
    .open_rows = open_gif_rows,
    .vips_loader = "gifload_source",
};

}  // namespace sma::image
