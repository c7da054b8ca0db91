// Markers of a JPEG (ITU T.81), and what its frame header says of the kind of its data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sma::image {

namespace jpeg_marker {
constexpr std::uint8_t soi = 0xd8;
constexpr std::uint8_t eoi = 0xd9;
constexpr std::uint8_t sos = 0xda;
constexpr std::uint8_t app1 = 0xe1;
constexpr std::uint8_t app2 = 0xe2;

constexpr bool is_frame_header(std::uint8_t marker) noexcept {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}
constexpr bool is_progressive(std::uint8_t frame_header) noexcept {
    return frame_header == 0xc2 || frame_header == 0xc6 || frame_header == 0xca || frame_header == 0xce;
}
/// Without a segment after it.
constexpr bool stands_alone(std::uint8_t marker) noexcept {
    return marker == 0x01 || (marker >= 0xd0 && marker <= soi);
}
}  // namespace jpeg_marker

/// The position of the next byte after 0xff that is neither filling nor a stuffed zero nor, inside a scan, a restart;
/// npos if there is none.
std::size_t find_jpeg_marker(std::string_view file, std::size_t position) noexcept;

/// A bound on the number of its scans, each of which begins with ff da. Other bytes may look like that.
std::int64_t scans_in(std::string_view file) noexcept;

/// What libjpeg-turbo may not decode though the file is whole: "lossless", "12 bits a sample". Empty: nothing of that.
std::string unusual_frame(std::uint8_t frame_header, int bits, int samples);
/// The same of a file, or a part of one with a frame header of its own.
std::string unusual_jpeg(std::string_view file);

}  // namespace sma::image
