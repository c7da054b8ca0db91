#include "test_files.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace sma::image::test {

std::string read_file(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string corpus_file(std::string_view name) {
    return read_file(std::filesystem::path(SMA_SOURCE_DIR) / "tests/fuzz/corpus/image" / name);
}

std::optional<std::filesystem::path> shared_folder() {
    if (char const* folder = std::getenv("SMA_SHARED"); folder != nullptr && *folder != '\0') return folder;
    WARN("skipped: SMA_SHARED is not set, so the photos and images to compare with are not there");
    return std::nullopt;
}

std::string le(std::uint64_t value, int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
    return out;
}

std::string be(std::uint64_t value, int n) {
    auto const little = le(value, n);
    return {little.rbegin(), little.rend()};
}

namespace {

std::uint32_t crc32_of(std::string_view data) {
    std::uint32_t crc = 0xffffffffU;
    for (char const c : data) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320U & (0U - (crc & 1U)));
    }
    return ~crc;
}

}  // namespace

std::string png_chunk(std::string_view type, std::string_view data) {
    std::string const body = std::string(type) + std::string(data);
    return be(data.size(), 4) + body + be(crc32_of(body), 4);
}

std::string png_of(int width, int height, bool interlaced, std::string_view data) {
    std::string const header = be(static_cast<std::uint64_t>(width), 4) + be(static_cast<std::uint64_t>(height), 4) +
                               std::string("\x08\x02\0\0", 4) + (interlaced ? '\x01' : '\0');
    return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", data) + png_chunk("IEND", "");
}

std::string zlib_of(std::string_view data) {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (char const c : data) {
        a = (a + static_cast<unsigned char>(c)) % 65'521;
        b = (b + a) % 65'521;
    }
    return "\x78\x01\x01" + le(data.size(), 2) + le(~data.size() & 0xffff, 2) + std::string(data) + be(b, 2) + be(a, 2);
}

std::string plain_png(int color_type, int bits, std::string_view pixel, std::string_view chunks) {
    constexpr int side = 16;
    std::string rows;
    for (int y = 0; y < side; ++y) {
        rows.push_back('\0');
        for (int x = 0; x < side; ++x) rows += pixel;
    }
    std::string const header = be(side, 4) + be(side, 4) + le(static_cast<std::uint64_t>(bits), 1) +
                               le(static_cast<std::uint64_t>(color_type), 1) + std::string(3, '\0');
    return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + std::string(chunks) + png_chunk("IDAT", zlib_of(rows)) +
           png_chunk("IEND", "");
}

std::string gif_of_codes(int width, int height, int color_bits, int code_bits, std::vector<unsigned> const& codes) {
    std::string data;
    unsigned held = 0;
    int bits = 0;
    for (unsigned const code : codes) {
        held |= code << bits;
        for (bits += code_bits; bits >= 8; bits -= 8, held >>= 8) data.push_back(static_cast<char>(held & 0xff));
    }
    if (bits > 0) data.push_back(static_cast<char>(held));
    auto const size = le(static_cast<std::uint64_t>(width), 2) + le(static_cast<std::uint64_t>(height), 2);
    std::string file = "GIF89a" + size + std::string("\x81\0\0\0\0\0\x55\x55\x55\xaa\xaa\xaa\xff\xff\xff", 15);
    file += ',' + le(0, 4) + size + '\0' + static_cast<char>(color_bits);
    for (std::size_t at = 0; at < data.size(); at += 255) {
        auto const block = data.substr(at, 255);
        file += static_cast<char>(block.size()) + block;
    }
    return file + std::string("\0;", 2);
}

std::string gif_of(int frames) {
    std::string file =
        "GIF89a" + le(1, 2) + le(1, 2) + std::string("\x80\0\0", 3) + std::string("\0\0\0\xff\xff\xff", 6);
    std::string const frame = ',' + le(0, 4) + le(1, 2) + le(1, 2) + std::string("\0\x02\x02\x44\x01\0", 6);
    for (int i = 0; i < frames; ++i) file += frame;
    return file + ';';
}

std::string tiff_of(int pages, bool looped) {
    constexpr std::size_t first = 16;  // after the header: the pixel, and filling
    auto const entry = [](int tag, int type, std::uint64_t value) {
        return le(static_cast<std::uint64_t>(tag), 2) + le(static_cast<std::uint64_t>(type), 2) + le(1, 4) +
               le(value, 4);
    };
    std::string const entries = entry(256, 3, 1) + entry(257, 3, 1) + entry(258, 3, 8) + entry(259, 3, 1) +
                                entry(262, 3, 1) + entry(273, 4, 8) + entry(277, 3, 1) + entry(278, 3, 1) +
                                entry(279, 4, 1);
    std::size_t const bytes = 2 + entries.size() + 4;
    std::string file = std::string("II*\0", 4) + le(first, 4) + std::string("\x80\0\0\0\0\0\0\0", 8);
    for (int i = 0; i < pages; ++i) {
        std::size_t const next = i + 1 < pages ? first + bytes * static_cast<std::size_t>(i + 1) : looped ? first : 0;
        file += le(9, 2) + entries + le(next, 4);
    }
    return file;
}

std::string bmp_of(int width, int height) {
    std::size_t const row = (static_cast<std::size_t>(width) + 31) / 32 * 4;
    std::size_t const pixels = row * static_cast<std::size_t>(height);
    return "BM" + le(62 + pixels, 4) + le(0, 4) + le(62, 4) + le(40, 4) + le(static_cast<std::uint64_t>(width), 4) +
           le(static_cast<std::uint64_t>(height), 4) + le(1, 2) + le(1, 2) + le(0, 4) + le(pixels, 4) + le(0, 8) +
           le(2, 4) + le(0, 4) + le(0, 4) + std::string("\0\0\xff\0", 4) + std::string(pixels, '\xff');
}

std::string jpeg_of_size(std::string_view corpus_name, int width, int height) {
    auto file = corpus_file(corpus_name);
    for (std::size_t at = 2; at + 9 < file.size();) {
        auto const marker = static_cast<unsigned char>(file[at + 1]);
        if (marker == 0xc0 || marker == 0xc2) {
            file.replace(at + 5, 4,
                         be(static_cast<std::uint64_t>(height), 2) + be(static_cast<std::uint64_t>(width), 2));
            return file;
        }
        at += 2 + static_cast<std::size_t>(static_cast<unsigned char>(file[at + 2])) * 256 +
              static_cast<unsigned char>(file[at + 3]);
    }
    throw std::logic_error("the JPEG has no frame header");
}

std::string without_segments(std::string_view jpeg, char marker) {
    constexpr char start_of_scan = '\xda';
    std::string kept(jpeg.substr(0, 2));
    std::size_t at = 2;
    while (jpeg.at(at + 1) != start_of_scan) {
        auto const high = static_cast<unsigned char>(jpeg.at(at + 2));
        std::size_t const bytes = 2 + high * std::size_t{256} + static_cast<unsigned char>(jpeg.at(at + 3));
        if (jpeg[at + 1] != marker) kept += jpeg.substr(at, bytes);
        at += bytes;
    }
    return kept += jpeg.substr(at);
}

std::string with_scans(std::string jpeg, int n) {
    std::size_t const last = jpeg.rfind("\xff\xda");
    std::string const scan = jpeg.substr(last, jpeg.size() - 2 - last);
    std::string file = jpeg.substr(0, jpeg.size() - 2);
    for (int i = 0; i < n; ++i) file += scan;
    return file + "\xff\xd9";
}

std::string webp_of_size(int width, int height) {
    std::string const frame = le(0x10, 3) + "\x9d\x01\x2a" + le(static_cast<std::uint64_t>(width), 2) +
                              le(static_cast<std::uint64_t>(height), 2) + std::string(20, '\0');
    return "RIFF" + le(12 + frame.size(), 4) + "WEBPVP8 " + le(frame.size(), 4) + frame;
}

}  // namespace sma::image::test
