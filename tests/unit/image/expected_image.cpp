#include "expected_image.hpp"

#include "catch.hpp"

using Catch::Approx;

namespace sma::image::test {

namespace {

constexpr std::size_t side = 224;
/// What the means of a picture differ by from one version of a library to the next, most in AVIF by libheif's YCbCr.
constexpr double margin = 0.05;

color mean_of(std::vector<std::uint8_t> const& crop, std::size_t n) {
    color sum{};
    for (std::size_t y = 0; y < n; ++y) {
        for (std::size_t x = 0; x < n; ++x) {
            for (std::size_t c = 0; c < 3; ++c) sum[c] += crop[(y * side + x) * 3 + c];
        }
    }
    for (auto& value : sum) value /= static_cast<double>(n * n);
    return sum;
}

void check_color(color const& got, color const& wanted) {
    for (std::size_t c = 0; c < 3; ++c) CHECK(got[c] == Approx(wanted[c]).margin(margin));
}

}  // namespace

void check_image(decoder& d, expected_image const& expected, std::string const& bytes) {
    INFO(expected.name);
    auto const crop = d.decode_crop(bytes);
    if (expected.failure) {
        REQUIRE(crop.has_error());
        CHECK(crop.error().code == *expected.failure);
        CHECK(crop.error().message.find('/') == std::string::npos);
        return;
    }
    if (crop.has_error()) FAIL(crop.error().message);
    auto const size = d.probe(bytes);
    REQUIRE(size.has_value());
    CHECK(size->width == expected.width);
    CHECK(size->height == expected.height);
    REQUIRE(crop->size() == side * side * 3);
    check_color(mean_of(*crop, side), expected.mean);
    check_color(mean_of(*crop, side / 2), expected.top_left);
}

}  // namespace sma::image::test
