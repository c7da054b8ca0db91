// Tests of kinds of TIFF: the right colors, or an error that names the kind.
#include "jpeg_files.hpp"
#include "plain_color.hpp"
#include "test_files.hpp"
#include "tiff_files.hpp"

#include "catch.hpp"

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

constexpr int gray = 1;
constexpr int inverted_gray = 0;
constexpr int rgb_colors = 2;
constexpr int inks = 5;
constexpr int lab = 8;

constexpr int compression = 259;
constexpr int planes = 284;
constexpr int extra_samples = 338;
constexpr std::uint64_t associated = 1;
constexpr std::uint64_t unassociated = 2;

std::string words(std::initializer_list<unsigned> values) {
    std::string out;
    for (auto const value : values) out += le(value, 2);
    return out;
}

// A TIFF around a JPEG of three components or one.
tiff_page tiff_of_jpeg(std::string const& jpeg, int width, int height, int samples) {
    return {.width = width,
            .height = height,
            .photometric = samples == 1 ? gray : rgb_colors,
            .samples = samples,
            .data = jpeg,
            .more = {{compression, {7}}}};
}

}  // namespace

TEST_CASE("colors that a TIFF has multiplied by alpha are divided by it once") {
    tiff_tag const alpha{extra_samples, {associated}};
    check_plain_color(tiff_file(plain_tiff(rgb_colors, 4, 8, "\x4e\x27\x13\x80", {alpha})), {156, 77, 38}, 1);
    check_plain_color(tiff_file(plain_tiff(rgb_colors, 4, 16, words({20'000, 10'000, 5'000, 32'768}), {alpha})),
                      {156, 78, 39});
    check_plain_color(tiff_file(plain_tiff(gray, 2, 8, "\x40\x80", {alpha})), {127, 127, 127}, 1);
    tiff_tag const second{extra_samples, {0, associated}};
    check_plain_color(tiff_file(plain_tiff(rgb_colors, 5, 8, "\x4e\x27\x13\x07\x80", {second})), {156, 77, 38}, 1);
    tiff_tag const other{extra_samples, {unassociated}};
    check_plain_color(tiff_file(plain_tiff(rgb_colors, 4, 8, "\x4e\x27\x13\x80", {other})), {78, 39, 19});
}

TEST_CASE("gray of 16 bits is scaled to 8") {
    check_plain_color(tiff_file(plain_tiff(gray, 1, 16, words({0x8040}))), {128, 128, 128});
    check_plain_color(tiff_file(plain_tiff(inverted_gray, 1, 16, words({0x4000}))), {191, 191, 191});
    check_plain_color(plain_png(0, 16, "\x80\x40"), {128, 128, 128});
}

TEST_CASE("channels that are not part of the color are left out") {
    check_plain_color(tiff_file(plain_tiff(gray, 3, 8, "\x60\x10\xf0", {{extra_samples, {0, 0}}})), {96, 96, 96});
    check_plain_color(tiff_file(plain_tiff(gray, 4, 16, words({0x6000, 1, 2, 3}), {{extra_samples, {0, 0, 0}}})),
                      {96, 96, 96});
    check_plain_color(tiff_file(plain_tiff(rgb_colors, 6, 8, "\x0a\x14\x1e\x28\x32\x3c", {{extra_samples, {0, 0, 0}}})),
                      {10, 20, 30});
    check_plain_color(tiff_file(plain_tiff(inks, 5, 8, std::string("\0\xff\xff\0\x80", 5), {{extra_samples, {0}}})),
                      {255, 0, 0});
}

TEST_CASE("L*a*b* becomes sRGB") {
    check_plain_color(tiff_file(plain_tiff(lab, 3, 8, std::string("\xff\0\0", 3))), {254, 254, 254}, 1);
    check_plain_color(tiff_file(plain_tiff(lab, 3, 8, std::string("\x80\0\0", 3))), {119, 119, 119}, 2);
    check_plain_color(tiff_file(plain_tiff(lab, 3, 8, "\x88\x50\x43")), {255, 0, 0}, 4);
    check_plain_color(tiff_file(plain_tiff(lab, 3, 16, words({0x8000, 0, 0}))), {119, 119, 119}, 2);
}

TEST_CASE("kinds of TIFF that would come out in the wrong colors are refused by name") {
    auto const pixels = plain_tiff(rgb_colors, 3, 8, "abc").data;
    for (int const photometric : {rgb_colors, 6}) {
        tiff_page const old{.photometric = photometric, .data = pixels, .more = {{compression, {6}}}};
        check_unsupported(tiff_file(old), "JPEG of the old style");
    }
    check_unsupported(tiff_file({.photometric = 6, .data = pixels, .more = {{530, {1, 1}}}}), "luma and chroma");
    check_unsupported(
        tiff_file({.photometric = 6, .data = pixels, .more = {{compression, {7}}, {planes, {2}}, {530, {1, 1}}}}),
        "luma and chroma");
    std::vector<std::uint64_t> const colors(768, 0x4000);
    check_unsupported(tiff_file(plain_tiff(3, 2, 8, "ab", {{320, colors}, {extra_samples, {associated}}})),
                      "a palette with associated alpha");
    check_unsupported(
        tiff_file({.photometric = gray, .samples = 1, .bits = 1, .data = pixels, .more = {{planes, {2}}}}),
        "planes of less than 8 bits");
    check_unsupported(tiff_file(plain_tiff(inks, 4, 8, "abcd", {{332, {2}}})), "its colors");
    check_unsupported(tiff_file(plain_tiff(32'803, 1, 8, "a")), "its colors");
    check_unsupported(tiff_file(plain_tiff(9, 3, 8, "abc")), "its colors");
}

TEST_CASE("kinds of TIFF that the library does not read are not called damaged") {
    auto const pixels = std::string(2'000, 'x');
    check_unsupported(tiff_file({.photometric = gray, .samples = 1, .bits = 12, .data = pixels, .more = {}}),
                      "12 bits a sample");
    check_unsupported(tiff_file({.bits = 4, .data = pixels, .more = {}}), "4 bits a sample");
    tiff_page tiles{.data = pixels, .more = {}};
    tiles.more = {{planes, {2}},
                  {322, {16}},
                  {323, {16}},
                  {324, {8, 8 + 256, 8 + 512}, tiff_type::u32},
                  {325, {256, 256, 256}, tiff_type::u32}};
    check_unsupported(tiff_file(tiles), "tiles of separate planes");
    check_unsupported(tiff_file({.data = pixels, .more = {{compression, {34'712}}}}), "compression 34712");
    auto jpeg = jpeg_of({jpeg_colors::gray}, 16, 16);
    jpeg.at(jpeg.find("\xff\xc0") + 1) = '\xc3';
    check_unsupported(tiff_file(tiff_of_jpeg(jpeg, 16, 16, 1)), "lossless JPEG");
    // The same file without anything unusual.
    decoder d{decode_options{}};
    auto const cut = d.decode_crop(tiff_file({.data = pixels.substr(0, 100), .more = {}}));
    CHECK(cut.error().message.find("damaged or truncated") != std::string::npos);
}

TEST_CASE("only scans in the strips of a TIFF's first page count") {
    auto const jpeg = jpeg_of({jpeg_colors::gray}, 40, 30);
    decoder d{decode_options{}};
    auto const wanted = d.decode_crop(jpeg).value();
    auto page = tiff_of_jpeg(jpeg, 40, 30, 1);
    CHECK(d.decode_crop(tiff_file(page)).value() == wanted);
    std::vector<std::uint64_t> profile;
    for (int i = 0; i < 200; ++i) profile.insert(profile.end(), {0xff, 0xda});
    page.more.push_back({34'675, profile, tiff_type::bytes});
    CHECK(d.decode_crop(tiff_file(page)).value() == wanted);
    page.data = with_scans(jpeg, 200);
    CHECK(d.decode_crop(tiff_file(page)).error().code == errc::image_too_large);
}

TEST_CASE("the orientation of a TIFF may be an integer of any type") {
    for (auto const type : {tiff_type::u8, tiff_type::u16, tiff_type::u32, tiff_type::s8, tiff_type::s16,
                            tiff_type::s32, tiff_type::directory}) {
        INFO(static_cast<int>(type));
        auto page = plain_tiff(gray, 1, 8, "a", {{274, {6}, type}});
        page.height = 8;
        decoder d{decode_options{}};
        CHECK(d.probe(tiff_file(page)).value().height == 16);
    }
}

TEST_CASE("TIFF files of the kinds that went wrong give the right pictures") {
    auto const shared = shared_folder();
    if (!shared) return;
    auto const folder = *shared / "inputs/images";
    decoder d{decode_options{}};
    check_plain_color(read_file(folder / "tiff_rgba8_associated_alpha_true_is_156_77_38.tif"), {156, 77, 38}, 1);
    check_plain_color(read_file(folder / "tiff_rgba16_associated_alpha_true_is_156_78_39.tif"), {156, 78, 39});
    auto const opaque = d.decode_crop(read_file(folder / "tiff_opaque_reference.tif")).value();
    for (auto const* name : {"tiff_associated_alpha_80.tif", "tiff_associated_alpha_128.tif"}) {
        INFO(name);
        auto const crop = d.decode_crop(read_file(folder / name)).value();
        int largest = 0;
        for (std::size_t i = 0; i < crop.size(); ++i) largest = std::max(largest, std::abs(crop[i] - opaque[i]));
        CHECK(largest <= 4);  // colors were stored in a third or half of the steps
    }
    for (auto const* name :
         {"multipage_18_jpeg_compressed.tif", "tiff_jpeg_icc_with_ffda.tif", "tiff_jpeg_rgb_icc_with_ffda.tif"}) {
        INFO(name);
        CHECK(d.decode_crop(read_file(folder / name)).has_value());
    }
}
