// Table of the image formats: how each is called, recognized and read.
#pragma once

#include "sma/core/error.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace sma::image {

struct image_header;
class row_source;
struct row_options;
class work_watch;

/// One format. Immutable; each is defined in the source that is named after it.
struct image_format {
    std::string_view name;   ///< as the setting `formats` spells it: "jpeg"
    std::string_view title;  ///< as people write it: "JPEG"
    /// Judges by the first bytes alone.
    bool (*matches)(std::string_view file) noexcept;
    /// Fills a header that was reset. `pages_max` is where counting stops. Errors: preprocessing_failed.
    result<void> (*read_header)(image_header& h, std::string_view file, int pages_max);
    /// Opens the file whose header was read; all arguments must outlive the rows. Errors: preprocessing_failed, those
    /// of the watch. Throws std::bad_alloc.
    result<std::unique_ptr<row_source>> (*open_rows)(image_header const& h, std::string_view file,
                                                     row_options const& options, work_watch const& watch);
    char const* vips_loader = nullptr;  ///< the operation of libvips that reads it; null: libvips may not
    char const* vips_module = nullptr;  ///< the module that has that operation where libvips itself has not
};

extern image_format const jpeg_format;
extern image_format const png_format;
extern image_format const webp_format;
extern image_format const tiff_format;
extern image_format const gif_format;
extern image_format const bmp_format;
extern image_format const avif_format;
extern image_format const heic_format;
extern image_format const jxl_format;

/// In the order in which people are told of them.
inline constexpr std::array image_formats{&jpeg_format, &png_format,  &webp_format, &tiff_format, &gif_format,
                                          &bmp_format,  &avif_format, &heic_format, &jxl_format};

/// Null if the bytes are of none of them.
inline image_format const* format_of(std::string_view file) noexcept {
    auto const* const found =
        std::find_if(image_formats.begin(), image_formats.end(), [file](auto const* f) { return f->matches(file); });
    return found == image_formats.end() ? nullptr : *found;
}

}  // namespace sma::image
