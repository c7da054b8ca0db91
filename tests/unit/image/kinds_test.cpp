// Tests of kinds of JPEG, PNG, GIF and BMP that are whole, though they look damaged to one library or another, and of
// damage that libraries pass over.
#include "jpeg_files.hpp"
#include "plain_color.hpp"
#include "test_files.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

decode_options lenient_options() {
    decode_options options;
    options.allow_truncated = true;
    return options;
}

// 4 colors take 2 bits; with a clear code after every other pixel all codes keep 3 bits.
std::vector<unsigned> codes_of(std::vector<unsigned> const& pixels) {
    constexpr unsigned clear_code = 4;
    std::vector<unsigned> codes;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        if (i % 2 == 0) codes.push_back(clear_code);
        codes.push_back(pixels[i]);
    }
    return codes;
}

std::string gif_of_pixels(int width, std::vector<unsigned> const& pixels, bool with_end, int missing = 0) {
    constexpr unsigned end_code = 5;
    auto codes = codes_of({pixels.begin(), pixels.end() - missing});
    if (with_end) codes.push_back(end_code);
    return gif_of_codes(width, static_cast<int>(pixels.size()) / width, 2, 3, codes);
}

// Dark, and light in the last pixel.
std::vector<unsigned> dark_pixels(std::size_t n) {
    std::vector<unsigned> pixels(n, 1);
    pixels.back() = 3;
    return pixels;
}

// 8 x 4 pixels with a palette of black, red and green.
std::string small_bmp(int bits, std::uint64_t kind, std::string const& data) {
    std::string const palette = le(0, 4) + le(0xff0000, 4) + le(0x00ff00, 4);
    return "BM" + le(66 + data.size(), 4) + le(0, 4) + le(66, 4) + le(40, 4) + le(8, 4) + le(4, 4) + le(1, 2) +
           le(static_cast<std::uint64_t>(bits), 2) + le(kind, 4) + le(data.size(), 4) + le(0, 8) + le(3, 4) + le(0, 4) +
           palette + data;
}

std::string bmp_of_runs(int bits, std::string const& runs) { return small_bmp(bits, bits == 8 ? 1 : 2, runs); }

// Red but for the first pixel of the second row from below.
std::string bmp_without_runs(char other) {
    std::string const red(8, '\1');
    return small_bmp(8, 0, red + other + red.substr(1) + red + red);
}

}  // namespace

TEST_CASE("a GIF needs no end code") {
    decoder d{decode_options{}};
    for (int side = 1; side <= 8; ++side) {
        INFO(side << " x " << side << " pixels");
        auto const pixels = dark_pixels(static_cast<std::size_t>(side * side));
        auto const with_end = d.decode_crop(gif_of_pixels(side, pixels, true)).value();
        CHECK(with_end.back() > 200);
        CHECK(d.decode_crop(gif_of_pixels(side, pixels, false)).value() == with_end);
    }
}

TEST_CASE("a GIF whose frame lacks pixels is cut off, with an end code and without") {
    decoder d{decode_options{}};
    decoder lenient{lenient_options()};
    for (bool const with_end : {false, true}) {
        for (int const missing : {2, 9, 100}) {
            INFO(missing << " pixels missing");
            auto const file = gif_of_pixels(16, dark_pixels(256), with_end, missing);
            CHECK(d.decode_crop(file).error().code == errc::preprocessing_failed);
            CHECK(lenient.decode_crop(file).has_value());
        }
    }
    constexpr std::size_t first_block_end = 36 + 256;
    auto const large = gif_of_pixels(32, dark_pixels(1'024), true);
    CHECK(d.decode_crop(large).has_value());
    CHECK(d.decode_crop(large.substr(0, first_block_end)).error().code == errc::preprocessing_failed);
}

TEST_CASE("the palette of a PNG may come after its transparency, or twice") {
    auto const red = png_chunk("PLTE", std::string("\xff\0\0", 3));
    auto const green = png_chunk("PLTE", std::string("\0\xff\0", 3));
    auto const transparency = png_chunk("tRNS", "\x80");
    std::string const first_color(1, '\0');
    check_plain_color(plain_png(3, 8, first_color, red + transparency), {255, 0, 0});
    check_plain_color(plain_png(3, 8, first_color, transparency + red), {255, 0, 0});
    check_plain_color(plain_png(3, 8, first_color, red + green), {0, 255, 0});
    check_plain_color(plain_png(2, 8, "\x10\x20\x30", red + green), {16, 32, 48});
    check_plain_color(plain_png(0, 8, "\x55", png_chunk("tRNS", std::string("\0\x55", 2))), {85, 85, 85});
    check_plain_color(plain_png(0, 16, "\x80\x40", png_chunk("tRNS", "\x80\x40")), {128, 128, 128});
}

TEST_CASE("a BMP may hold run lengths") {
    decoder d{decode_options{}};
    auto const wanted = d.decode_crop(bmp_without_runs('\2')).value();
    std::string const end("\0\1", 2);
    std::string const row_end("\0\0", 2);
    auto const red_row = "\x08\1" + row_end;
    CHECK(d.decode_crop(bmp_of_runs(8, red_row + "\1\2\7\1" + row_end + red_row + red_row + end)).value() == wanted);
    // Pixels as they are, filled up to a pair; the last row ends without being told to.
    auto const copied = std::string("\0\5\2\1\1\1\1\0\3\1", 10) + row_end;
    CHECK(d.decode_crop(bmp_of_runs(8, red_row + copied + red_row + "\x08\1")).value() == wanted);
    // Too long a run is cut.
    CHECK(d.decode_crop(bmp_of_runs(8, red_row + "\1\2\xff\1" + row_end + red_row + "\x08\1" + end)).value() == wanted);
    auto const stepped = red_row + std::string("\0\2\1\0\7\1", 6) + row_end + red_row + red_row + end;
    CHECK(d.decode_crop(bmp_of_runs(8, stepped)).value() == d.decode_crop(bmp_without_runs('\0')).value());
    auto const nibbles =
        "\x08\x11" + row_end + std::string("\0\3\x21\x10\5\x11", 6) + row_end + "\x08\x11" + row_end + "\x08\x11" + end;
    CHECK(d.decode_crop(bmp_of_runs(4, nibbles)).value() == wanted);
}

TEST_CASE("run lengths of a BMP that are cut off, or lead out of the picture, are an error or a picture") {
    decoder d{decode_options{}};
    decoder lenient{lenient_options()};
    std::string const row("\x08\1\0\0", 4);
    auto const whole = row + row + row + std::string("\0\x08\1\1\1\1\1\1\1\1", 10);
    CHECK(d.decode_crop(bmp_of_runs(8, whole)).has_value());
    for (std::size_t n = 0; n < whole.size(); ++n) {
        INFO(n << " bytes");
        auto const file = bmp_of_runs(8, whole.substr(0, n));
        CHECK(d.decode_crop(file).error().code == errc::preprocessing_failed);
        CHECK(lenient.decode_crop(file).has_value());
    }
    std::string const far("\0\2\xff\xff", 4);
    CHECK(d.decode_crop(bmp_of_runs(8, far + "\xff\1")).has_value());
    CHECK(d.decode_crop(bmp_of_runs(8, std::string("\0\2\xff\0", 4) + std::string("\0\4\1\1\1\1\0\1", 8))).has_value());
}

TEST_CASE("kinds of JPEG and BMP that nothing reads are not called damaged") {
    auto const with_frame = [](char marker, int precision) {
        auto file = jpeg_of({}, 16, 16);
        std::size_t const at = file.find("\xff\xc0");
        file.at(at + 1) = marker;
        file.at(at + 4) = static_cast<char>(precision);
        return file;
    };
    check_unsupported(with_frame('\xc5', 8), "hierarchical JPEG");
    check_unsupported(with_frame('\xc1', 12), "12 bits a sample");
    auto bmp = bmp_of(8, 8);
    check_unsupported(bmp.replace(30, 4, le(4, 4)), "compression 4");
}

TEST_CASE("a JPEG may lack its end marker") {
    decoder d{decode_options{}};
    for (auto const& kind : jpeg_kinds()) {
        if (kind.arithmetic) continue;  // its decoder does not notice where the data end
        auto const file = jpeg_of(kind, 60, 50);
        auto const wanted = d.decode_crop(file).value();
        for (std::size_t const cut : {1, 2}) {
            INFO(to_string(kind) << ", without its last " << cut << " bytes");
            auto const crop = d.decode_crop(file.substr(0, file.size() - cut));
            REQUIRE(crop.has_value());
            CHECK(*crop == wanted);
        }
    }
}

TEST_CASE("a JPEG that lacks more than its end marker is cut off") {
    decoder d{decode_options{}};
    for (auto const& kind : jpeg_kinds()) {
        auto const file = jpeg_of(kind, 60, 50);
        for (std::size_t cut = 3; cut < file.size(); cut += 1 + cut / 8) {
            INFO(to_string(kind) << ", without its last " << cut << " bytes");
            CHECK(d.decode_crop(file.substr(0, file.size() - cut)).has_error());
        }
    }
}

TEST_CASE("a real PNG of gray with 16 bits keeps its shades") {
    auto const shared = shared_folder();
    if (!shared) return;
    decoder d{decode_options{}};
    auto const crop = d.decode_crop(read_file(*shared / "inputs/images/png_grey16.png")).value();
    CHECK(*std::min_element(crop.begin(), crop.end()) < 50);
    auto const white = std::count(crop.begin(), crop.end(), 255);
    CHECK(white < static_cast<std::ptrdiff_t>(crop.size() / 10));
}
