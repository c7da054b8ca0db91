#include "sma/image/preprocess.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace sma;
using namespace sma::image;

TEST_CASE("the presets are those of torchvision's weights") {
    auto const v1 = parse_preprocess_preset("v1");
    auto const v2 = parse_preprocess_preset("v2");
    REQUIRE(v1.has_value());
    REQUIRE(v2.has_value());
    CHECK(v1->resize == 256);
    CHECK(v1->crop == 224);
    CHECK(v2->resize == 232);
    CHECK(v2->crop == 224);
    CHECK(v1->filter == interpolation::bilinear);
    CHECK(v2->mean == v1->mean);
}

TEST_CASE("words that name no setting are refused with the ones that do") {
    for (auto const& e : {parse_preprocess_preset("v3").error(), parse_interpolation("nearest").error(),
                          parse_exif_orientation("yes").error()}) {
        CHECK(e.code == errc::invalid_setting);
        CHECK(e.message.find("expected") != std::string::npos);
    }
    CHECK(parse_interpolation("bicubic").value() == interpolation::bicubic);
    CHECK(parse_interpolation(interpolation_name(interpolation::bilinear)).value() == interpolation::bilinear);
    CHECK(parse_exif_orientation("apply").value());
    CHECK_FALSE(parse_exif_orientation("ignore").value());
}
