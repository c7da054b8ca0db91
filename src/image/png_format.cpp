// PNG header reader: a list of chunks. Only those that make up the pixels are kept.
#include "byte_reader.hpp"
#include "image_header.hpp"
#include "vips_rows.hpp"

#include <limits>

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

bool makes_pixels(std::string_view type) noexcept {
    return type == "IHDR" || type == "PLTE" || type == "tRNS" || type == "IDAT" || type == "IEND";
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

bool is_png(std::string_view file) noexcept { return file.starts_with("\x89PNG\r\n\x1a\n"); }

result<void> read_png_header(image_header& h, std::string_view file, int /*pages_max*/) {
    byte_reader const in(file, true);
    if (auto read = read_ihdr(h, in); read.has_error()) return read;
    h.keep(file.substr(0, signature_bytes));
    for (std::size_t position = signature_bytes; in.has(position, 8);) {
        std::uint64_t const length = in.u32(position);
        auto const type = file.substr(position + 4, 4);
        bool const complete = in.has(position, length + chunk_overhead_bytes);
        auto const chunk = file.substr(
            position, complete ? static_cast<std::size_t>(length) + chunk_overhead_bytes : std::string_view::npos);
        if (makes_pixels(type)) h.keep(chunk);
        if (type == "eXIf" && complete)
            h.orientation = exif_orientation(chunk.substr(8, static_cast<std::size_t>(length)));
        if (type == "IEND") h.has_end = true;
        if (!complete || h.has_end) break;
        position += chunk.size();
    }
    return {};
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
