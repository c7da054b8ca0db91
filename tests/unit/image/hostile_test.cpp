// Tests of hostile files: each is refused from its header, quickly, with the right error.
#include "sma/image/decoder.hpp"

#include "test_files.hpp"
#include "tiff_files.hpp"

#include "catch.hpp"

#include <chrono>

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

// Best of three, because the machine may be busy with something else.
double milliseconds_to_decode(decoder& d, std::string const& file) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        auto const start = std::chrono::steady_clock::now();
        (void)d.decode_crop(file);
        best =
            std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

void check_refused(std::string_view what, std::string const& file, errc code) {
    INFO(what);
    decoder d{decode_options{}};
    auto const crop = d.decode_crop(file);
    REQUIRE(crop.has_error());
    CHECK(crop.error().code == code);
    CHECK(milliseconds_to_decode(d, file) < 100);
}

}  // namespace

TEST_CASE("images with too many pixels are refused before any memory is taken") {
    check_refused("PNG of 30,000 x 30,000 and 200 kB", png_of(30'000, 30'000, false, std::string(200'000, 'x')),
                  errc::image_too_large);
    check_refused("JPEG", jpeg_of_size("baseline.jpg", 65'000, 65'000), errc::image_too_large);
    check_refused("progressive JPEG", jpeg_of_size("progressive.jpg", 7'000, 7'000), errc::image_too_large);
    check_refused("WebP", webp_of_size(16'383, 16'383), errc::image_too_large);
    check_refused("BMP", bmp_of(8, 8).replace(18, 8, le(30'000, 4) + le(30'000, 4)), errc::image_too_large);
    check_refused("TIFF", tiff_of(1, false).replace(26, 4, le(65'000, 4)).replace(38, 4, le(65'000, 4)),
                  errc::image_too_large);
    auto gif = gif_of(1);
    check_refused("GIF", gif.replace(6, 4, le(60'000, 2) + le(60'000, 2)), errc::image_too_large);
}

TEST_CASE("files with too many frames or pages are refused without counting them all") {
    check_refused("GIF with 100,000 frames", gif_of(100'000), errc::image_too_large);
    check_refused("TIFF with 10,000 pages", tiff_of(10'000, false), errc::image_too_large);
    decoder d{decode_options{}};
    CHECK(d.decode_crop(gif_of(1'000)).has_value());
    CHECK(d.decode_crop(tiff_of(1'000, false)).has_value());
}

TEST_CASE("of a TIFF whose pages go round in a circle the first is read") {
    decoder d{decode_options{}};
    auto const wanted = d.decode_crop(tiff_of(1, false)).value();
    CHECK(d.decode_crop(tiff_of(1, true)).value() == wanted);
    CHECK(d.decode_crop(tiff_of(3, true)).value() == wanted);
    CHECK(d.decode_crop(tiff_of(900, true)).value() == wanted);
    // The second page, not the first, comes after the last one.
    auto file = tiff_of(4, false);
    constexpr std::size_t bytes = 2 + 9 * 12 + 4;
    file.replace(file.size() - 4, 4, le(16 + bytes, 4));
    CHECK(d.decode_crop(file).value() == wanted);
}

TEST_CASE("files made to be slow are refused") {
    check_refused("JPEG with 5,000 scans", with_scans(corpus_file("progressive.jpg"), 5'000), errc::image_too_large);
    check_refused("large JPEG with 30 scans", with_scans(jpeg_of_size("progressive.jpg", 6'000, 6'000), 20),
                  errc::image_too_large);
    tiff_page page{.width = 16, .height = 16, .data = std::string(200'000, 'x'), .more = {{259, {7}}, {278, {1}}}};
    page.more.push_back({273, std::vector<std::uint64_t>(20'000, 8), tiff_type::u32});
    page.more.push_back({279, std::vector<std::uint64_t>(20'000, page.data.size()), tiff_type::u32});
    check_refused("TIFF of 20,000 strips of JPEG in the same place", tiff_file(page), errc::image_too_large);
    check_refused("large, empty, interlaced PNG", png_of(6'000, 6'000, true, std::string(1'000, 'x')),
                  errc::image_too_large);
}

TEST_CASE("a frame that does not fit its image is refused") {
    auto file = corpus_file("animated.webp");
    auto const canvas = file.find("VP8X") + 12;
    check_refused("WebP", file.replace(canvas, 6, std::string(6, '\0')), errc::preprocessing_failed);
}

TEST_CASE("a tile larger than any image is refused") {
    auto file = tiff_of(1, false);
    // In place of RowsPerStrip and StripByteCounts: TileWidth and TileLength.
    file.replace(16 + 2 + 7 * 12, 24,
                 le(322, 2) + le(4, 2) + le(1, 4) + le(1 << 20, 4) + le(323, 2) + le(4, 2) + le(1, 4) + le(1 << 20, 4));
    check_refused("TIFF", file, errc::image_too_large);
}

TEST_CASE("what other libraries would load is not even looked at") {
    for (std::string const text :
         {"<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7\n", "P6 1 1 255 abc", "#?RADIANCE\n",
          "push graphic-context\nviewbox 0 0 1 1\n", "\x76\x2f\x31\x01 exr", "id=ImageMagick version=1.0"}) {
        check_refused(text, text, errc::unsupported_media_type);
    }
    check_refused("nothing", "", errc::empty_file);
}
