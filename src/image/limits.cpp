#include "limits.hpp"

#include "vips_loaders.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sma::image {

namespace {

constexpr std::int64_t bytes_a_pixel_max = 8;    ///< four channels of 16 bits; float and 32-bit images have one
constexpr std::int64_t whole_bytes_a_pixel = 4;  ///< of pixels_max, for an image that is decoded in one piece
constexpr int scans_max = 100;                   ///< libjpeg's own files have 10
constexpr std::int64_t coded_factor = 4;         ///< of pixels_max: tiles, padding, frames that are not shown
constexpr std::int64_t work_factor = 16;         ///< pixels x scans may be this much more than pixels_max
constexpr std::int64_t free_pixels = 4'000'000;  ///< below it no file can be slow
constexpr std::int64_t expansion_max = 200;      ///< bytes of an interlaced image for each byte of its file

error too_large(std::string text) { return error(errc::image_too_large, std::move(text)); }

bool is_allowed(image_format const& format, decode_options const& options) {
    auto const& names = options.formats;
    return std::find(names.begin(), names.end(), format.name) != names.end();
}

error not_accepted(std::string what, decode_options const& options) {
    std::string titles;
    for (auto const* f : image_formats)
        if (is_allowed(*f, options) && has_loader(*f)) titles += (titles.empty() ? "" : ", ") + std::string(f->title);
    return error(errc::unsupported_media_type, std::move(what) + "; send " + titles);
}

result<void> check_size(image_header const& h, decode_options const& options) {
    std::int64_t const pixels = std::int64_t{h.width} * h.height;
    if (pixels > options.pixels_max) {
        return too_large("the image has " + std::to_string(h.width) + " x " + std::to_string(h.height) +
                         " pixels; at most " + std::to_string(options.pixels_max) + " are allowed (max_pixels)");
    }
    std::int64_t const bytes = pixels * h.samples * ((h.bits + 7) / 8);
    if (bytes > options.pixels_max * bytes_a_pixel_max) {
        return too_large("the image has too many channels or bits for its size; send 8-bit RGB");
    }
    if (h.needs_whole_image && bytes > options.pixels_max * whole_bytes_a_pixel) {
        return too_large(
            "the image is too large for its format, or for its interlacing, which is decoded in one piece; save it as "
            "8-bit baseline JPEG");
    }
    if (h.coded_pixels > options.pixels_max * coded_factor)
        return too_large("the coded pictures in the file are far larger than allowed (max_pixels); save it again");
    if (h.block_pixels > options.pixels_max) return too_large("the tiles of the TIFF are too large; save it in strips");
    return {};
}

result<void> check_pages(image_header const& h, decode_options const& options) {
    if (h.pages <= options.pages_max) return {};
    return too_large("the file has more than " + std::to_string(options.pages_max) +
                     " frames or pages (max_pages); send the first one alone");
}

result<void> check_work(image_header const& h, std::string_view file, decode_options const& options) {
    std::int64_t const pixels = std::int64_t{h.width} * h.height;
    if (h.type == &jpeg_format && (h.scans > scans_max || pixels * h.scans > options.pixels_max * work_factor)) {
        return too_large("the JPEG has " + std::to_string(h.scans) +
                         " scans, too many for its size; save it as a baseline JPEG");
    }
    if (h.type == &tiff_format && h.scans > work_factor) {
        return too_large("the JPEG data in the TIFF has too many scans; save it as a baseline JPEG");
    }
    std::int64_t const bytes = pixels * h.samples * ((h.bits + 7) / 8);
    if (h.type == &png_format && h.needs_whole_image && pixels > free_pixels &&
        bytes > expansion_max * static_cast<std::int64_t>(file.size())) {
        return too_large("the PNG is interlaced, large and almost empty; save it without interlacing");
    }
    return {};
}

}  // namespace

result<image_format const*> allowed_format(std::string_view file, decode_options const& options) {
    if (file.empty()) return error(errc::empty_file, "the image file is empty");
    auto const* const type = format_of(file);
    if (type == nullptr)
        return not_accepted("the file's first bytes are not those of an accepted image format", options);
    auto const file_is = "the file is " + std::string(type->title) + ", which ";
    if (!is_allowed(*type, options))
        return not_accepted(file_is + "this server is set not to accept (formats)", options);
    if (!has_loader(*type))
        return not_accepted(file_is + "this server cannot read: its libvips lacks " + type->vips_loader, options);
    return type;
}

result<void> check_limits(image_header const& header, std::string_view file, decode_options const& options) {
    if (auto size = check_size(header, options); size.has_error()) return size;
    if (auto pages = check_pages(header, options); pages.has_error()) return pages;
    return check_work(header, file, options);
}

}  // namespace sma::image
