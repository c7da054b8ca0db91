// Tests of the orientation that metadata state: where it may stand, and which place counts.
#include "jpeg_files.hpp"
#include "stated_orientation.hpp"
#include "test_files.hpp"
#include "tiff_files.hpp"

#include "sma/image/decoder.hpp"

#include "catch.hpp"

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

std::string xmp_of(int orientation) {
    return "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description tiff:Make=\"6\" tiff:Orientation=\"" +
           std::to_string(orientation) + "\"/></rdf:RDF></x:xmpmeta>";
}

std::string app1(std::string const& data) { return "\xff\xe1" + be(data.size() + 2, 2) + data; }
std::string app1_xmp(int orientation) {
    return app1(std::string("http://ns.adobe.com/xap/1.0/\0", 29) + xmp_of(orientation));
}

std::string jpeg_with(std::string const& segments) {
    auto const jpeg = jpeg_of({}, 40, 20);
    return jpeg.substr(0, 2) + segments + jpeg.substr(2);
}

std::string in_hexadecimal(std::string const& bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto const byte = static_cast<unsigned char>(bytes[i]);
        out += {digits[byte >> 4], digits[byte & 15]};
        if (i % 36 == 35) out += '\n';
    }
    return out;
}

// As ImageMagick writes it.
std::string raw_profile(std::string const& name, std::string const& bytes) {
    auto const length = std::to_string(bytes.size());
    return '\n' + name + '\n' + std::string(8 - length.size(), ' ') + length + '\n' + in_hexadecimal(bytes) + '\n';
}

std::string text(std::string const& keyword, std::string const& value) {
    return png_chunk("tEXt", keyword + '\0' + value);
}
std::string compressed_text(std::string const& keyword, std::string const& value) {
    return png_chunk("zTXt", keyword + std::string(2, '\0') + zlib_of(value));
}
std::string xmp_text(int orientation, bool compressed) {
    std::string const flags = compressed ? std::string("\1\0", 2) : std::string(2, '\0');
    auto const packet = xmp_of(orientation);
    return png_chunk("iTXt", "XML:com.adobe.xmp" + std::string(1, '\0') + flags + std::string(2, '\0') +
                                 (compressed ? zlib_of(packet) : packet));
}

// The first pixel is white, the others of the first row are black and the second row is white: each orientation shows.
std::string png_with(std::string const& chunks) {
    std::string const header = be(4, 4) + be(2, 4) + std::string("\x08\0\0\0\0", 5);
    std::string const rows = std::string("\0\xff\0\0\0", 5) + std::string("\0\xff\xff\xff\xff", 5);
    return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + chunks + png_chunk("IDAT", zlib_of(rows)) +
           png_chunk("IEND", "");
}

std::string webp_with(std::string const& type, std::string const& data) {
    auto const simple = corpus_file("lossy.webp");
    auto const chunk = [](std::string const& name, std::string const& bytes) {
        return name + le(bytes.size(), 4) + bytes + std::string(bytes.size() % 2, '\0');
    };
    std::string const canvas = le(0x0c, 4) + le(39, 3) + le(25, 3);
    auto const body = "WEBP" + chunk("VP8X", canvas) + simple.substr(12) + chunk(type, data);
    return "RIFF" + le(body.size(), 4) + body;
}

std::vector<std::uint8_t> crop_of(std::string const& file) {
    decoder d{decode_options{}};
    return d.decode_crop(file).value();
}

bool is_turned(std::string const& file) {
    decoder d{decode_options{}};
    auto const size = d.probe(file).value();
    return size.height > size.width;
}

}  // namespace

TEST_CASE("metadata state an orientation as EXIF or XMP") {
    for (int wanted = 1; wanted <= 8; ++wanted) {
        CHECK(orientation_in(exif_of(wanted)) == wanted);
        CHECK(orientation_in(exif_of(wanted).substr(6)) == wanted);
        CHECK(orientation_in(xmp_of(wanted)) == wanted);
        CHECK(orientation_in("<tiff:Orientation>" + std::to_string(wanted) + "</tiff:Orientation>") == wanted);
        CHECK(orientation_in("tiff:Orientation = '" + std::to_string(wanted) + "'") == wanted);
    }
    CHECK(orientation_in(exif_of(0)) == 1);
    CHECK(orientation_in(exif_of(9)) == 1);
    CHECK(orientation_in(xmp_of(9)) == 1);
    for (auto const* none : {"", "Exif", "II*", "tiff:Orientation", "tiff:Orientation=\"\"", "tiff:OrientationX='6'",
                             "exif:Orientation='6'"}) {
        INFO(none);
        CHECK_FALSE(orientation_in(none).has_value());
    }
}

TEST_CASE("EXIF may hold the orientation as an integer of any type") {
    for (auto const type : {tiff_type::u8, tiff_type::u16, tiff_type::u32, tiff_type::s8, tiff_type::s16,
                            tiff_type::s32, tiff_type::directory, tiff_type::u64, tiff_type::s64}) {
        INFO(static_cast<int>(type));
        CHECK(is_turned(jpeg_with(app1(exif_of(6, type)))));
    }
}

TEST_CASE("each format's own places state the orientation") {
    auto const exif = exif_of(6);
    CHECK_FALSE(is_turned(jpeg_with("")));
    CHECK(is_turned(jpeg_with(app1(exif))));
    CHECK(is_turned(jpeg_with(app1_xmp(6))));
    CHECK_FALSE(is_turned(png_with("")));
    CHECK(is_turned(png_with(png_chunk("eXIf", exif.substr(6)))));
    CHECK(is_turned(png_with(text("Raw profile type exif", raw_profile("exif", exif)))));
    CHECK(is_turned(png_with(compressed_text("Raw profile type exif", raw_profile("exif", exif)))));
    CHECK(is_turned(png_with(compressed_text("Raw profile type APP1", raw_profile("app1", exif)))));
    CHECK(is_turned(png_with(compressed_text("Raw profile type APP1", raw_profile("app1", xmp_of(6))))));
    CHECK(is_turned(png_with(compressed_text("Raw profile type xmp", raw_profile("xmp", xmp_of(6))))));
    CHECK(is_turned(png_with(xmp_text(6, false))));
    CHECK(is_turned(png_with(xmp_text(6, true))));
    CHECK_FALSE(is_turned(webp_with("ICCP", exif)));
    CHECK(is_turned(webp_with("EXIF", exif)));
    CHECK(is_turned(webp_with("XMP ", xmp_of(6))));
    auto page = plain_tiff(1, 1, 8, "a");
    page.height = 8;
    CHECK_FALSE(is_turned(tiff_file(page)));
    page.more = {{700, {}, tiff_type::bytes}};
    for (char const c : xmp_of(6)) page.more[0].values.push_back(static_cast<unsigned char>(c));
    CHECK(is_turned(tiff_file(page)));
    page.more.push_back({274, {3}});
    CHECK_FALSE(is_turned(tiff_file(page)));
}

TEST_CASE("the place that counts most is taken, in whatever order they stand") {
    auto const exif = png_chunk("eXIf", exif_of(2).substr(6));
    auto const profile = compressed_text("Raw profile type exif", raw_profile("exif", exif_of(3)));
    auto const app1_profile = compressed_text("Raw profile type APP1", raw_profile("app1", exif_of(4)));
    auto const xmp = xmp_text(6, false);
    auto const shown_as = [](int orientation) { return crop_of(png_with(xmp_text(orientation, false))); };
    std::vector<std::string> const places{exif, profile, app1_profile, xmp};
    std::vector<int> const orientations{2, 3, 4, 6};
    for (std::size_t first = 0; first < places.size(); ++first) {
        std::string forwards;
        std::string backwards;
        for (std::size_t i = first; i < places.size(); ++i) {
            forwards += places[i];
            backwards.insert(0, places[i]);
        }
        INFO("place " << first);
        auto const wanted = shown_as(orientations[first]);
        CHECK(crop_of(png_with(forwards)) == wanted);
        CHECK(crop_of(png_with(backwards)) == wanted);
    }
    CHECK(crop_of(jpeg_with(app1_xmp(6) + app1(exif_of(3)))) == crop_of(jpeg_with(app1(exif_of(3)))));
    // An EXIF without an orientation leaves it to XMP, one with a wrong number does not.
    std::string const empty_exif = std::string("Exif\0\0II*\0", 10) + le(8, 4) + le(0, 2) + le(0, 4);
    CHECK(is_turned(jpeg_with(app1(empty_exif) + app1_xmp(6))));
    CHECK_FALSE(is_turned(jpeg_with(app1(exif_of(0)) + app1_xmp(6))));
}

TEST_CASE("text of a PNG that is broken, or expands without end, states nothing") {
    auto const profile = raw_profile("exif", exif_of(6));
    auto const zlib = zlib_of(profile);
    std::string const keyword = "Raw profile type exif" + std::string(2, '\0');
    for (std::size_t n = 0; n < zlib.size(); n += 7)
        (void)crop_of(png_with(png_chunk("zTXt", keyword + zlib.substr(0, n))));
    for (auto const* type : {"tEXt", "zTXt", "iTXt"}) {
        for (std::size_t n = 0; n <= keyword.size(); ++n)
            CHECK_FALSE(is_turned(png_with(png_chunk(type, keyword.substr(0, n)))));
    }
    CHECK_FALSE(is_turned(png_with(text("Raw profile type exif", "\nexif\n      26\nno digits at all\n"))));
    // A profile that begins after more than any EXIF takes is not read.
    auto const far = raw_profile("exif", std::string(28'000, '\0') + exif_of(6));
    CHECK_FALSE(is_turned(png_with(compressed_text("Raw profile type exif", far))));
    // Only the first of a kind is read.
    CHECK_FALSE(is_turned(png_with(text("Raw profile type exif", "") + text("Raw profile type exif", profile))));
}

TEST_CASE("the orientation in EXIF as a signed number turns a real file") {
    auto const shared = shared_folder();
    if (!shared) return;
    decoder d{decode_options{}};
    auto const file = read_file(*shared / "inputs/images/exif_orientation_slong_type9.jpg");
    auto as_short = file;
    as_short.replace(24, 2, le(3, 2));
    CHECK(d.decode_crop(file).value() == d.decode_crop(as_short).value());
    CHECK(d.decode_crop(file).value() != d.decode_crop(std::string(as_short).replace(30, 1, "\1")).value());
}
