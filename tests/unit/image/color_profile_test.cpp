// Tests of color profiles: what becomes of Display P3 and Adobe RGB, in every format that can have a profile.
#include "color_profile.hpp"
#include "heif_files.hpp"
#include "plain_color.hpp"
#include "test_files.hpp"
#include "tiff_files.hpp"

#include "catch.hpp"

#include <cmath>

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

using column = std::array<double, 3>;

std::string fixed(double value) {
    return be(static_cast<std::uint64_t>(static_cast<std::int64_t>(std::lround(value * 65'536))), 4);
}
std::string parametric(int kind, std::vector<double> const& values) {
    auto tag = "para" + be(0, 4) + be(static_cast<std::uint64_t>(kind), 2) + be(0, 2);
    for (double const value : values) tag += fixed(value);
    return tag;
}
std::string power(int gamma_in_256ths) {
    return "curv" + be(0, 4) + be(1, 4) + be(static_cast<std::uint64_t>(gamma_in_256ths), 2);
}
std::string sampled(int n, double gamma) {
    auto tag = "curv" + be(0, 4) + be(static_cast<std::uint64_t>(n), 4);
    for (int i = 0; i < n; ++i)
        tag += be(static_cast<std::uint64_t>(std::lround(65'535 * std::pow(i / (n - 1.0), gamma))), 2);
    return tag;
}
std::string srgb_curve() { return parametric(3, {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045}); }

std::string profile_of(std::array<column, 3> const& colors, std::string const& curve) {
    std::string header(128, '\0');
    header.replace(16, 8, "RGB XYZ ").replace(36, 4, "acsp");
    std::string tags = be(6, 4);
    std::string data;
    auto const add = [&](std::string const& name, std::string const& tag) {
        tags += name + be(128 + 4 + 6 * 12 + data.size(), 4) + be(tag.size(), 4);
        data += tag;
    };
    for (std::size_t c = 0; c < 3; ++c) {
        std::string const channel(1, "rgb"[c]);
        add(channel + "XYZ", "XYZ " + be(0, 4) + fixed(colors[c][0]) + fixed(colors[c][1]) + fixed(colors[c][2]));
        add(channel + "TRC", curve);
    }
    return header + tags + data;
}

constexpr std::array<column, 3> p3_colors{
    {{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}};
constexpr std::array<column, 3> adobe_colors{
    {{0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}}};
constexpr std::array<column, 3> srgb_colors{
    {{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}};

std::string display_p3() { return profile_of(p3_colors, srgb_curve()); }
std::string adobe_rgb() { return profile_of(adobe_colors, power(0x0233)); }

std::string png_with(std::string const& icc, std::string const& pixel) {
    return plain_png(2, 8, pixel, png_chunk("iCCP", std::string("name\0\0", 6) + zlib_of(icc)));
}

std::vector<std::uint8_t> crop_of(std::string const& file, bool convert) {
    decode_options options;
    options.convert_colors = convert;
    decoder d{options};
    auto crop = d.decode_crop(file);
    if (crop.has_error()) FAIL(crop.error().message);
    return std::move(*crop);
}

int largest_difference(std::vector<std::uint8_t> const& a, std::vector<std::uint8_t> const& b) {
    REQUIRE(a.size() == b.size());
    int largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

/// The file's picture changes as the profile says, but for the margin, and does not where the option is off.
void check_converted(std::string const& file, std::string const& icc, int margin = 0) {
    auto const plain = crop_of(file, false);
    auto wanted = plain;
    color_profile::read(icc)->to_srgb(plain.data(), plain.size() / 3, wanted.data());
    CHECK(largest_difference(wanted, plain) > 10);
    CHECK(largest_difference(crop_of(file, true), wanted) <= margin);
}

std::string webp_with(std::string const& icc) {
    auto const chunk = [](std::string const& type, std::string const& data) {
        return type + le(data.size(), 4) + data + std::string(data.size() % 2, '\0');
    };
    auto const bitstream = corpus_file("lossless.webp").substr(12);
    auto const chunks = chunk("VP8X", le(0x20, 4) + le(39, 3) + le(25, 3)) + chunk("ICCP", icc) + bitstream;
    return "RIFF" + le(4 + chunks.size(), 4) + "WEBP" + chunks;
}

std::string jpeg_with(std::string const& icc) {
    auto const jpeg = corpus_file("baseline.jpg");
    auto const piece = [](std::string const& data, char number) {
        return "\xff\xe2" + be(2 + 14 + data.size(), 2) + std::string("ICC_PROFILE\0", 12) + number + '\2' + data;
    };
    return jpeg.substr(0, 2) + piece(icc.substr(0, 100), '\1') + piece(icc.substr(100), '\2') + jpeg.substr(2);
}

}  // namespace

// The expected values are those of Little CMS 2.14, relative colorimetric.
TEST_CASE("colors of Display P3 and Adobe RGB become those of sRGB") {
    check_plain_color(png_with(display_p3(), "\xc8\x64\x32"), {215, 93, 31}, 1);
    check_plain_color(png_with(display_p3(), "\x40\xa0\x60"), {0, 163, 89}, 1);
    check_plain_color(png_with(display_p3(), std::string("\xff\0\0", 3)), {255, 0, 0}, 1);
    check_plain_color(png_with(display_p3(), "\x80\x80\x80"), {128, 128, 128}, 1);
    check_plain_color(png_with(adobe_rgb(), "\xc8\x64\x32"), {227, 100, 42}, 1);
    check_plain_color(png_with(adobe_rgb(), "\x40\xa0\x60"), {0, 161, 92}, 1);
    check_plain_color(png_with(adobe_rgb(), "\xff\xff\xff"), {255, 255, 255}, 1);
}

TEST_CASE("curves of any kind count") {
    // All are the power 2.
    for (auto const& curve :
         {power(512), sampled(1024, 2), parametric(0, {2}), parametric(1, {2, 1, 0}), parametric(2, {2, 1, 0, 0}),
          parametric(3, {2, 1, 0, 1, 0}), parametric(4, {2, 1, 0, 1, 0, 0, 0})}) {
        check_plain_color(png_with(profile_of(srgb_colors, curve), "\x80\x80\x80"), {137, 137, 137}, 1);
    }
    check_plain_color(png_with(profile_of(srgb_colors, "curv" + be(0, 8)), "\x80\x80\x80"), {188, 188, 188}, 1);
}

TEST_CASE("every format with a profile has its colors converted") {
    check_converted(jpeg_with(display_p3()), display_p3());
    check_converted(webp_with(display_p3()), display_p3());
    auto const icc = adobe_rgb();
    std::vector<std::uint64_t> values;
    for (char const byte : icc) values.push_back(static_cast<unsigned char>(byte));
    check_converted(tiff_file(plain_tiff(2, 3, 8, "\x20\x70\x40", {{34675, values, tiff_type::bytes}})), icc);
    for (auto const* brand : {"avif", "heic"})
        check_converted(heif_of(quadrants_file(brand, {bmff_box("colr", "prof" + display_p3())})), display_p3());
}

TEST_CASE("Display P3 is known by code points, too") {
    auto const codes = [](char primaries, char transfer) {
        return png_chunk("cICP", std::string{primaries, transfer, '\0', '\1'});
    };
    auto const profile = png_chunk("iCCP", std::string("name\0\0", 6) + zlib_of(adobe_rgb()));
    auto const file = [](std::string const& chunks) { return plain_png(2, 8, "\xc8\x64\x32", chunks); };
    bytes3 const as_p3{215, 93, 31};
    bytes3 const as_adobe{227, 100, 42};
    bytes3 const as_srgb{200, 100, 50};
    check_plain_color(file(codes(12, 13)), as_p3, 1);
    check_plain_color(file(codes(12, 13) + profile), as_p3, 1);
    check_plain_color(file(profile + codes(12, 13)), as_p3, 1);
    check_plain_color(file(codes(1, 13) + profile), as_srgb);
    check_plain_color(file(codes(9, 16) + profile), as_adobe, 1);
    check_plain_color(file(codes(9, 16)), as_srgb);
    check_plain_color(file(png_chunk("cICP", "\x0c")), as_srgb);

    for (auto const* brand : {"avif", "heic"}) {
        auto const p3 = bmff_box("colr", "nclx" + be(12, 2) + be(13, 2) + be(6, 2) + "\x80");
        check_converted(heif_of(quadrants_file(brand, {p3})), display_p3(), 1);
        check_converted(heif_of(quadrants_file(brand, {p3, bmff_box("colr", "prof" + adobe_rgb())})), adobe_rgb());
    }
}

TEST_CASE("a profile of sRGB, of another kind or a damaged one changes nothing") {
    std::string const pixel = "\xc8\x64\x32";
    check_plain_color(png_with(profile_of(srgb_colors, srgb_curve()), pixel), {200, 100, 50});
    auto const whole = display_p3();
    for (std::size_t n = 0; n < whole.size(); n += 7)
        check_plain_color(png_with(whole.substr(0, n), pixel), {200, 100, 50});
    auto cmyk = whole;
    check_plain_color(png_with(cmyk.replace(16, 4, "CMYK"), pixel), {200, 100, 50});
    auto lab = whole;
    check_plain_color(png_with(lab.replace(20, 4, "Lab "), pixel), {200, 100, 50});
    auto const tinted = profile_of({{{0.9, 0.2, 0}, {0.3, 0.7, 0}, {0.1, 0.1, 0.8}}}, srgb_curve());
    check_plain_color(png_with(tinted, pixel), {200, 100, 50});
    auto const endless = profile_of(p3_colors, "curv" + be(0, 4) + be(0xffffffffU, 4));
    check_plain_color(png_with(endless, pixel), {200, 100, 50});
}

TEST_CASE("more profiles than are remembered are each applied to their own file") {
    decoder d{decode_options{}};
    std::vector<std::string> files;
    for (int gamma = 300; gamma < 700; gamma += 50)
        files.push_back(png_with(profile_of(srgb_colors, power(gamma)), "\x80\x80\x80"));
    std::vector<int> first;
    for (auto const& file : files) first.push_back(d.decode_crop(file).value()[0]);
    CHECK(std::is_sorted(first.rbegin(), first.rend()));
    CHECK(first.front() > first.back() + 50);
    for (std::size_t i = files.size(); i-- > 0;) CHECK(d.decode_crop(files[i]).value()[0] == first[i]);
}
