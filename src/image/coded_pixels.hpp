// Pixels that a decoder will work on for one coded picture of a HEIF file, from the headers inside its data: the sizes
// that the file states beside them bind no decoder.
#pragma once

#include <cstdint>
#include <string_view>

namespace sma::image {

/// The most pixels of a frame times the number of frames, those included that are not shown. 0 where the data have no
/// readable header. `configuration` is the body of the item's property `av1C`. AV1 Bitstream & Decoding Process
/// Specification, 5.3 to 5.5.
std::int64_t coded_pixels_of_av1(std::string_view configuration, std::string_view data) noexcept;

/// The same of HEVC, whose property is `hvcC`. ITU-T H.265, 7.3; ISO/IEC 14496-15, 8.3.3.
std::int64_t coded_pixels_of_hevc(std::string_view configuration, std::string_view data);

}  // namespace sma::image
