// PNG header reader: a list of chunks. Only those that make up the colors are kept.
#include "byte_reader.hpp"
#include "color_profile.hpp"
#include "image_header.hpp"
#include "png_text.hpp"
#include "vips_rows.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace sma::image {

namespace {

constexpr std::size_t signature_bytes = 8;
constexpr std::size_t chunk_overhead_bytes = 12;  // length, type and checksum

int samples_of(std::uint8_t color_type) noexcept {
    switch (color_type) {
        case 0:
            return 1;
        case 2:
            return 3;
        case 3:
            return 3;  // a palette, unfolded to its colors
        case 4:
            return 2;
        case 6:
            return 4;
        default:
            return 0;
    }
}

result<void> read_ihdr(image_header& h, byte_reader const& in) {
    constexpr std::size_t at = signature_bytes + 8;
    if (!in.starts_at(signature_bytes + 4, "IHDR") || !in.has(at, 13)) return damaged(png_format, "it has no header");
    std::uint32_t const width = in.u32(at);
    std::uint32_t const height = in.u32(at + 4);
    constexpr auto side_max = static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max());
    if (width == 0 || height == 0 || width > side_max || height > side_max)
        return damaged(png_format, "its size is not valid");
    h.width = static_cast<int>(width);
    h.height = static_cast<int>(height);
    h.samples = samples_of(in.u8(at + 9));
    h.bits = in.u8(at + 8) == 16 ? 16 : 8;
    h.needs_whole_image = in.u8(at + 12) != 0;
    if (h.samples == 0) return damaged(png_format, "its color type is unknown");
    return {};
}

// Keeps what makes up the colors: the palette where it belongs, since writers have put it after tRNS or twice (the last
// one before the pixels counts, as in Pillow), and no transparency.
class png_walk {
public:
    png_walk(image_header& h, std::string_view file) noexcept : h_(h), file_(file), in_(file, true) {}

    result<void> run() {
        if (auto read = read_ihdr(h_, in_); read.has_error()) return read;
        has_palette_ = in_.u8(signature_bytes + 17) == 3;
        h_.keep(file_.substr(0, signature_bytes));
        for (std::size_t position = signature_bytes; in_.has(position, 8) && !h_.has_end;) {
            std::uint64_t const length = in_.u32(position);
            bool const complete = in_.has(position, length + chunk_overhead_bytes);
            auto const chunk = file_.substr(
                position, complete ? static_cast<std::size_t>(length) + chunk_overhead_bytes : std::string_view::npos);
            take(file_.substr(position + 4, 4), chunk, complete);
            if (!complete) break;
            position += chunk.size();
        }
        return {};
    }

private:
    void take(std::string_view type, std::string_view chunk, bool complete) {
        if (type == "IHDR") {
            h_.keep(chunk);
        } else if (type == "PLTE" && has_palette_) {
            palette_ = chunk;
        } else if (type == "IDAT") {
            h_.keep(std::exchange(palette_, {}));
            has_palette_ = false;
            h_.keep(chunk);
        } else if (type == "IEND") {
            h_.keep(chunk);
            h_.has_end = true;
        } else if (type == "cICP" && complete) {
            take_color_codes(chunk.substr(8, chunk.size() - chunk_overhead_bytes));
        } else if (type == "iCCP" && complete && h_.profile.empty() && !has_color_codes_) {
            take_profile(chunk.substr(8, chunk.size() - chunk_overhead_bytes));
        } else if (type == "eXIf" && complete) {
            h_.orientation.look(orientation_place::exif, chunk.substr(8, chunk.size() - chunk_overhead_bytes));
        } else if (complete) {
            look_at_png_text(h_.orientation, type, chunk.substr(8, chunk.size() - chunk_overhead_bytes));
        }
    }

    // They count before a profile (PNG, third edition, 11.3.2). Those of other colors are not converted.
    void take_color_codes(std::string_view data) {
        byte_reader const in(data);
        color_codes const codes{in.u8(0), in.u8(1)};
        if (codes != srgb_codes && codes != display_p3_codes) return;
        has_color_codes_ = true;
        h_.is_display_p3 = codes == display_p3_codes;
        h_.profile.clear();
    }

    // Behind its name and the method of compression, of which there is one.
    void take_profile(std::string_view data) {
        std::size_t const name_bytes = std::min(data.find('\0'), data.size());
        if (data.size() < name_bytes + 2) return;
        h_.profile.push_back(data.substr(name_bytes + 2));
        h_.profile_is_compressed = true;
    }

    image_header& h_;
    std::string_view file_;
    byte_reader in_;
    std::string_view palette_;  ///< not kept yet
    bool has_palette_ = false;  ///< one that is still to come would count
    bool has_color_codes_ = false;
};

bool is_png(std::string_view file) noexcept { return file.starts_with("\x89PNG\r\n\x1a\n"); }

result<void> read_png_header(image_header& h, std::string_view file, int /*pages_max*/) {
    return png_walk(h, file).run();
}

}  // namespace

image_format const png_format{
    .name = "png",
    .title = "PNG",
    .matches = is_png,
    .read_header = read_png_header,
    .open_rows = vips_rows::open,
    .vips_loader = "pngload_source",
};

}  // namespace sma::image
