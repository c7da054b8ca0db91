#include "image_header.hpp"

#include <algorithm>

namespace sma::image {

std::string_view format_name(format f) noexcept {
    switch (f) {
        case format::jpeg:
            return "JPEG";
        case format::png:
            return "PNG";
        case format::webp:
            return "WebP";
        case format::tiff:
            return "TIFF";
        case format::gif:
            return "GIF";
        case format::bmp:
            return "BMP";
    }
    return "image";
}

std::optional<format> format_of(std::string_view bytes) noexcept {
    using namespace std::string_view_literals;
    auto const begins = [bytes](std::string_view magic) { return bytes.starts_with(magic); };
    if (begins("\xff\xd8\xff"sv)) return format::jpeg;
    if (begins("\x89PNG\r\n\x1a\n"sv)) return format::png;
    if (begins("RIFF"sv) && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") return format::webp;
    if (begins("GIF87a"sv) || begins("GIF89a"sv)) return format::gif;
    if (begins("II*\0"sv) || begins("MM\0*"sv) || begins("II+\0"sv) || begins("MM\0+"sv)) return format::tiff;
    // "BM" alone is little to go by: the next header must have a length that some BMP has.
    if (begins("BM"sv) && bytes.size() >= 18 && bytes[15] == 0 && bytes[16] == 0 && bytes[17] == 0) {
        auto const length = static_cast<unsigned char>(bytes[14]);
        if (length == 12 || (length >= 40 && length <= 124)) return format::bmp;
    }
    return std::nullopt;
}

void image_header::reset(format f) {
    auto reused_parts = std::move(parts);
    auto reused_text = std::move(rewritten);
    reused_parts.clear();
    reused_text.clear();
    *this = image_header{};
    type = f;
    parts = std::move(reused_parts);
    rewritten = std::move(reused_text);
}

void image_header::keep(std::string_view part) {
    if (part.empty()) return;
    if (!parts.empty() && parts.back().data() + parts.back().size() == part.data()) {
        parts.back() = std::string_view(parts.back().data(), parts.back().size() + part.size());
        return;
    }
    parts.push_back(part);
}

error damaged(format type, std::string_view what) {
    return error(errc::preprocessing_failed, "the " + std::string(format_name(type)) +
                                                 " file is damaged or truncated: " + std::string(what) +
                                                 "; save it again and resend it");
}

result<void> read_header(image_header& h, format type, std::string_view file, int pages_max) {
    h.reset(type);
    switch (type) {
        case format::jpeg:
            return read_jpeg_header(h, file);
        case format::png:
            return read_png_header(h, file);
        case format::webp:
            return read_webp_header(h, file, pages_max);
        case format::tiff:
            return read_tiff_header(h, file, pages_max);
        case format::gif:
            return read_gif_header(h, file, pages_max);
        case format::bmp:
            return read_bmp_header(h, file);
    }
    return damaged(type, "unknown type");
}

}  // namespace sma::image
