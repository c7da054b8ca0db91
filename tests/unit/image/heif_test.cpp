// Tests of AVIF and HEIC: colors, rotation, grids, and files that lie about what they hold.
#include "heif_files.hpp"
#include "plain_color.hpp"
#include "quadrants.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

constexpr char const* brands[] = {"avif", "heic"};

std::pair<int, int> size_of(std::string const& file) {
    decoder d{decode_options{}};
    auto const size = d.probe(file);
    if (size.has_error()) FAIL(size.error().message);
    return {size->width, size->height};
}

void check_refused(std::string const& file, errc code, std::string const& what) {
    INFO(what);
    decoder d{decode_options{}};
    auto const crop = d.decode_crop(file);
    REQUIRE(crop.has_error());
    INFO(crop.error().message);
    CHECK(crop.error().code == code);
    CHECK(crop.error().message.find(what) != std::string::npos);
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("nothing to replace");
    return text.replace(at, from.size(), to);
}

/// The file with other bytes in place of the first ones of that box's body.
std::string changed_box(std::string file, std::string const& type, std::string const& body) {
    auto const at = file.find(type);
    if (at == std::string::npos) throw std::logic_error("no such box");
    return file.replace(at + 4, body.size(), body);
}

}  // namespace

TEST_CASE("AVIF and HEIC have the colors that were coded, of any depth, and without their alpha channel") {
    for (auto const* name : {"quadrants.avif", "quadrants12.avif", "quadrants_alpha.avif", "quadrants.heic",
                             "quadrants10.heic", "quadrants_alpha.heic", "quadrants_odd.heic"}) {
        INFO(name);
        check_quadrants(corpus_file(name));
    }
    CHECK(size_of(corpus_file("quadrants_odd.heic")) == std::pair(63, 47));
    decoder d{decode_options{}};
    for (auto const* name : {"gray.avif", "gray.heic"}) {
        INFO(name);
        auto const crop = d.decode_crop(corpus_file(name)).value();
        CHECK(std::abs(crop.front() - 40) <= 2);
        CHECK(std::abs(crop.back() - 200) <= 2);
    }
}

TEST_CASE("the boxes of a HEIF may have any version, and the data may be in any of them") {
    for (auto const* brand : brands) {
        INFO(brand);
        auto file = quadrants_file(brand);
        check_quadrants(heif_of(file));
        file.wide = true;
        check_quadrants(heif_of(file));
        file.in_idat = true;
        check_quadrants(heif_of(file));
        file.items.front().essential = true;
        check_quadrants(heif_of(file));
        auto grid = quadrants_grid(brand, 1, 2, 128, 64);
        grid.in_idat = true;
        CHECK(size_of(heif_of(grid)) == std::pair(128, 64));
    }
}

TEST_CASE("a HEIF is turned and mirrored as its own properties say, whatever the setting, and not by EXIF") {
    decode_options without_exif;
    without_exif.apply_exif_orientation = false;
    decoder ignores{without_exif};
    for (auto const* brand : brands) {
        INFO(brand);
        check_quadrants(heif_of(quadrants_file(brand, {irot(1)})), "gyrb");
        check_quadrants(heif_of(quadrants_file(brand, {irot(2)})), "ybgr");
        check_quadrants(heif_of(quadrants_file(brand, {irot(3)})), "bryg");
        check_quadrants(heif_of(quadrants_file(brand, {imir(true)})), "gryb");
        check_quadrants(heif_of(quadrants_file(brand, {imir(false)})), "byrg");
        check_quadrants(heif_of(quadrants_file(brand, {irot(1), imir(true)})), "ygbr");
        CHECK(quadrants_of(ignores, heif_of(quadrants_file(brand, {irot(2)}))) == "ybgr");

        auto grid = quadrants_grid(brand, 1, 2, 128, 64);
        grid.items.front().properties.push_back(irot(1));
        CHECK(size_of(heif_of(grid)) == std::pair(64, 128));

        auto with_exif = quadrants_file(brand);
        with_exif.items.push_back(
            {"Exif", be(0, 4) + std::string("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\3\0\0", 22), {}});
        check_quadrants(heif_of(with_exif));
    }
}

TEST_CASE("a HEIF is cropped as it says") {
    for (auto const* brand : brands) {
        INFO(brand);
        CHECK(size_of(heif_of(quadrants_file(brand, {clap(50, 40)}))) == std::pair(50, 40));
        check_quadrants(heif_of(quadrants_file(brand, {clap(50, 40)})));
        CHECK(size_of(heif_of(quadrants_file(brand, {clap(50, 40), irot(1)}))) == std::pair(40, 50));
        check_refused(heif_of(quadrants_file(brand, {clap(500, 40)})), errc::preprocessing_failed, "crop");
        check_refused(heif_of(quadrants_file(brand, {clap(0, 40)})), errc::preprocessing_failed, "crop");
    }
}

TEST_CASE("a grid of tiles is one picture") {
    decoder d{decode_options{}};
    for (auto const* brand : brands) {
        INFO(brand);
        CHECK(size_of(heif_of(quadrants_grid(brand, 2, 3, 180, 100))) == std::pair(180, 100));
        CHECK(d.decode_crop(heif_of(quadrants_grid(brand, 2, 3, 180, 100))).has_value());
        // The middle of four tiles has each color in the opposite place.
        auto const four = d.decode_crop(heif_of(quadrants_grid(brand, 2, 2, 128, 128)));
        REQUIRE(four.has_value());
        auto same_tile = quadrants_grid(brand, 2, 2, 128, 128);
        same_tile.items.resize(2);
        same_tile.tiles = {2, 2, 2, 2};
        CHECK(d.decode_crop(heif_of(same_tile)).value() == *four);
    }
}

TEST_CASE("a grid that does not fit its tiles is refused") {
    for (auto const* brand : brands) {
        INFO(brand);
        auto grid = quadrants_grid(brand, 2, 2, 128, 128);
        grid.tiles.pop_back();
        check_refused(heif_of(grid), errc::preprocessing_failed, "tiles do not fit");
        check_refused(heif_of(quadrants_grid(brand, 2, 2, 129, 128)), errc::preprocessing_failed, "tiles do not fit");
        check_refused(heif_of(quadrants_grid(brand, 2, 2, 64, 64)), errc::preprocessing_failed, "tiles do not fit");
        grid = quadrants_grid(brand, 2, 2, 128, 128);
        grid.items.back().properties[1] = ispe(128, 64);
        check_refused(heif_of(grid), errc::preprocessing_failed, "tiles do not fit");
        grid = quadrants_grid(brand, 1, 2, 128, 64);
        grid.tiles = {1, 2};
        check_refused(heif_of(grid), errc::preprocessing_failed, "tile of its own");
        grid.items[1].type = "grid";
        grid.tiles = {2, 3};
        check_refused(heif_of(grid), errc::preprocessing_failed, "coded as 'grid'");
        grid = quadrants_grid(brand, 1, 2, 128, 64);
        grid.tiles = {2, 30'000};
        check_refused(heif_of(grid), errc::preprocessing_failed, "is missing");
        grid.tiles.assign(65'535, 2);
        check_refused(heif_of(grid), errc::image_too_large, "65535 tiles");
    }
}

TEST_CASE("a coded picture larger than allowed is refused, whatever the file says of its size") {
    decode_options small;
    small.pixels_max = 1'000;  // of which four times as many may be coded
    decoder d{small};
    for (auto const* brand : brands) {
        INFO(brand);
        auto file = quadrants_file(brand);
        file.items.front().properties[1] = ispe(30, 30);
        auto const crop = d.decode_crop(heif_of(file));
        REQUIRE(crop.has_error());
        CHECK(crop.error().code == errc::image_too_large);
        // Many pictures in one item, each of them allowed.
        auto& data = file.items.front().data;
        auto const once = data;
        for (int i = 0; i < 50'000; ++i) data += once;
        check_refused(heif_of(file), errc::image_too_large, "far larger than allowed");
        file.items.front().properties[1] = ispe(30'000, 30'000);
        check_refused(heif_of(file), errc::image_too_large, "30000 x 30000");
        file.items.front().properties[1] = ispe(0, 64);
        check_refused(heif_of(file), errc::preprocessing_failed, "size is not valid");
        file.items.front().properties[1] = ispe(0xffffffffU, 0xffffffffU);
        check_refused(heif_of(file), errc::preprocessing_failed, "size is not valid");
    }
}

TEST_CASE("a HEIF that is cut off anywhere is an error") {
    decode_options lenient;
    lenient.allow_truncated = true;
    decoder d{decode_options{}};
    decoder fills{lenient};
    for (auto const& whole : {corpus_file("quadrants.avif"), corpus_file("quadrants.heic"),
                              heif_of(quadrants_grid("heic", 1, 2, 128, 64))}) {
        REQUIRE(d.decode_crop(whole).has_value());
        for (std::size_t n = 1; n < whole.size(); ++n) {
            INFO(n << " bytes of " << whole.size());
            auto const crop = d.decode_crop(whole.substr(0, n));
            REQUIRE(crop.has_error());
            CHECK(
                (crop.error().code == errc::preprocessing_failed || crop.error().code == errc::unsupported_media_type));
            (void)fills.decode_crop(whole.substr(0, n));
        }
    }
}

TEST_CASE("boxes with impossible lengths end their list") {
    auto const whole = heif_of(quadrants_file("heic"));
    auto const length_at = [&](char const* type) { return whole.find(type) - 4; };
    for (auto const* type : {"meta", "pitm", "iinf", "infe", "iprp", "ipco", "ipma", "iloc", "hvcC", "ispe"}) {
        for (std::uint64_t const length : {0U, 1U, 2U, 7U, 8U, 9U, 0x7fffffffU, 0xffffffffU}) {
            INFO(type << " of " << length << " bytes");
            auto file = whole;
            decoder d{decode_options{}};
            auto const crop = d.decode_crop(file.replace(length_at(type), 4, be(length, 4)));
            if (crop.has_error()) CHECK(crop.error().code == errc::preprocessing_failed);
        }
    }
    // 64 bits long: right, and larger than any file.
    auto const body = std::string("mif1") + be(0, 4) + "heic";
    auto const rest = whole.substr(whole.find("meta") - 4);
    auto const shift = [&](std::uint64_t length) { return be(1, 4) + "ftyp" + be(length, 8) + body + rest; };
    check_refused(shift(std::uint64_t{1} << 63), errc::unsupported_media_type, "first bytes");
    check_refused(shift(15), errc::unsupported_media_type, "first bytes");
}

TEST_CASE("lists that claim more than they have cost nothing") {
    auto const whole = heif_of(quadrants_file("heic"));
    // Places without a length, 65,535 in each of 4 billion items.
    auto const iloc =
        changed_box(whole, "iloc",
                    be(0x02000000, 4) + be(0, 2) + be(0xffffffffU, 4) + be(1, 4) + be(0, 2) + be(0, 2) + be(0xffff, 2));
    check_refused(iloc, errc::preprocessing_failed, "");
    check_quadrants(changed_box(whole, "ipma", be(1, 4) + be(0xffffffffU, 4) + be(1, 2) + "\xff"));
    check_refused(changed_box(whole, "iinf", be(0x01000000, 4) + be(0xffffffffU, 4)), errc::preprocessing_failed, "");
    check_refused(changed_box(whole, "pitm", be(0, 4) + be(7, 2)), errc::preprocessing_failed, "is missing");
}

TEST_CASE("two items may not share their data") {
    auto grid = quadrants_grid("heic", 2, 2, 128, 128);
    auto file = heif_of(grid);
    constexpr std::size_t entry_bytes = 16;
    auto const first_entry = file.find("iloc") + 4 + 4 + 2 + 2;
    for (std::size_t i = 1; i < grid.items.size(); ++i)
        file.replace(first_entry + i * entry_bytes + 8, 8, be(8, 4) + be(file.size() - 100, 4));
    check_refused(file, errc::preprocessing_failed, "overlap");
}

TEST_CASE("kinds of HEIF that nothing reads are not called damaged") {
    auto file = quadrants_file("heic", {bmff_box("lsel", be(1, 2))});
    check_quadrants(heif_of(file));
    file.items.front().essential = true;
    check_unsupported(heif_of(file), "a picture with 'lsel'");
    file = quadrants_file("heic");
    file.items.front().type = "iovl";
    check_unsupported(heif_of(file), "a picture coded as 'iovl'");
    file.items.front().type = "\x01<\xff>";
    check_unsupported(heif_of(file), "a picture coded as '?<?>'");
    auto const avif_as_heic = replaced(heif_of(quadrants_file("avif")), "avif", "heic");
    check_unsupported(replaced(avif_as_heic, "avif", "heic"), "a picture coded as 'av01'");
}

TEST_CASE("a file of a known format that is switched off is refused by its name") {
    decode_options few;
    few.formats = {"jpeg", "png"};
    decoder d{few};
    auto const message = [&](char const* name) {
        auto const crop = d.decode_crop(corpus_file(name));
        REQUIRE(crop.has_error());
        CHECK(crop.error().code == errc::unsupported_media_type);
        return crop.error().message;
    };
    CHECK(message("quadrants.avif") ==
          "the file is AVIF, which this server is set not to accept (formats); send JPEG, PNG");
    CHECK(message("quadrants.heic").find("is HEIC,") != std::string::npos);
    CHECK(message("quadrants.jxl").find("is JPEG XL,") != std::string::npos);
    CHECK(message("lossy.webp").find("is WebP,") != std::string::npos);
}
