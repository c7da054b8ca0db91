// TIFF files of many kinds, each of one page, put together tag by tag.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sma::image::test {

/// Types of values as TIFF numbers them.
enum class tiff_type {
    u8 = 1,
    u16 = 3,
    u32 = 4,
    s8 = 6,
    bytes = 7,
    s16 = 8,
    s32 = 9,
    directory = 13,
    u64 = 16,
    s64 = 17
};

struct tiff_tag {
    int id;
    std::vector<std::uint64_t> values;
    tiff_type type = tiff_type::u16;
};

/// Little-endian and uncompressed, if `more` does not say otherwise: its tags replace those that follow from the rest.
struct tiff_page {
    int width = 16;
    int height = 16;
    int photometric = 2;  ///< RGB
    int samples = 3;
    int bits = 8;
    std::string data;  ///< one strip
    std::vector<tiff_tag> more;
};

/// The data come first, at byte 8.
std::string tiff_file(tiff_page const& page);

/// A picture of one color: the bytes of a pixel, as often as the page has pixels.
tiff_page plain_tiff(int photometric, int samples, int bits, std::string const& pixel, std::vector<tiff_tag> more = {});

/// A directory of EXIF with that orientation alone, as it stands in an APP1 segment.
std::string exif_of(int orientation, tiff_type type = tiff_type::u16);

}  // namespace sma::image::test
