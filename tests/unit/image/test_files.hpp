// Files for the image tests: those of the fuzz corpus, those of $SMA_SHARED, and some that are put together here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::image::test {

std::string read_file(std::filesystem::path const& path);
/// A file of tests/fuzz/corpus/image.
std::string corpus_file(std::string_view name);
/// $SMA_SHARED; without it says that the test is skipped.
std::optional<std::filesystem::path> shared_folder();

/// Little-endian and big-endian numbers of n bytes.
std::string le(std::uint64_t value, int n);
std::string be(std::uint64_t value, int n);

/// A chunk with a checksum that is right.
std::string png_chunk(std::string_view type, std::string_view data);
/// Signature, IHDR of 8-bit RGB, and one IDAT with the given bytes, which need not be valid.
std::string png_of(int width, int height, bool interlaced, std::string_view data);
/// A zlib stream of stored blocks. At most 65,535 bytes.
std::string zlib_of(std::string_view data);
/// 16 x 16 pixels of one color, of the given bytes; `chunks` stand before the pixels.
std::string plain_png(int color_type, int bits, std::string_view pixel, std::string_view chunks = "");
/// Of codes of `code_bits` bits each, packed as they are, after the code size `color_bits`; one frame with a gray
/// palette of 4 colors.
std::string gif_of_codes(int width, int height, int color_bits, int code_bits, std::vector<unsigned> const& codes);
/// `frames` frames of one pixel each.
std::string gif_of(int frames);
/// A chain of `pages` directories, each an uncompressed gray image of one pixel; if `looped` the last points to the
/// first.
std::string tiff_of(int pages, bool looped);
/// An uncompressed BMP of 1 bit a pixel, all of them the second color, red.
std::string bmp_of(int width, int height);
/// A JPEG of the corpus, its frame header changed to that size.
std::string jpeg_of_size(std::string_view corpus_name, int width, int height);
/// Markers of the segments that hold a JPEG's Huffman tables and its quantization tables.
constexpr char jpeg_dht = '\xc4';
constexpr char jpeg_dqt = '\xdb';
/// The same file without the segments of that marker before its first scan.
std::string without_segments(std::string_view jpeg, char marker);
/// The same file with its last scan repeated `n` times.
std::string with_scans(std::string jpeg, int n);
/// A simple WebP whose bitstream claims that size, without a valid one.
std::string webp_of_size(int width, int height);

}  // namespace sma::image::test
