// Image header, read without decoding and without allocating for the file's sake, in time bounded by the file's length.
#pragma once

#include "sma/core/error.hpp"

#include "image_format.hpp"
#include "stated_orientation.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sma::image {

/// Bytes of three channels.
using rgb = std::array<std::uint8_t, 3>;

/// The part of the canvas that the first frame of a GIF or WebP covers.
struct frame_area {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// Belongs to a decoder, which reuses its memory. The views are into the file, or into `rewritten`.
struct image_header {
    image_format const* type = nullptr;  ///< set by reset()
    int width = 0;                       ///< as stored, before any orientation
    int height = 0;
    stated_orientation orientation;
    int samples = 3;                        ///< a pixel
    int bits = 8;                           ///< a sample
    int pages = 1;                          ///< frames or pages, counted no further than one more than allowed
    std::int64_t scans = 1;                 ///< of a JPEG, or at most in a strip or tile of a TIFF
    bool needs_whole_image = false;         ///< interlaced or progressive: no row is known before the last byte
    bool has_end = false;                   ///< the marker that ends the file is there
    bool whole_canvas = true;               ///< the first frame covers it
    frame_area frame;                       ///< if not whole_canvas
    rgb background{0, 0, 0};                ///< the rest of the canvas
    std::int64_t block_pixels = 0;          ///< the largest tile of a TIFF
    std::int64_t coded_pixels = 0;          ///< of all tiles and frames that are decoded for the picture of a HEIF
    std::string unusual;                    ///< why a library may fail to read it though it is whole; empty: no reason
    std::vector<std::string_view> profile;  ///< ICC, in pieces; empty: none
    bool profile_is_compressed = false;     ///< as zlib does it
    bool is_display_p3 = false;             ///< by its color codes, which count instead of a profile
    std::vector<std::string_view> parts;    ///< the input of the library, in this order: no metadata, one frame
    std::string rewritten;

    void reset(image_format const& f);
    void keep(std::string_view part);  ///< appends to parts, joined to the last one where they touch
};

/// 422: the file is damaged in the way that `what` says.
error damaged(image_format const& type, std::string_view what);
/// 422: nothing reads files of the kind that `what` names.
error unsupported(image_format const& type, std::string_view what);
/// 422: the library gave up on the file, which is damaged, or unusual.
error undecodable(image_header const& header);

}  // namespace sma::image
