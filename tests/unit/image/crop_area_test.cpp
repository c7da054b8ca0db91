#include "sma/image/crop_area.hpp"

#include "catch.hpp"

using namespace sma::image;
using Catch::Approx;

namespace {

void check(area const& a, double x, double y, double width, double height) {
    CHECK(a.x == Approx(x).margin(1e-6));
    CHECK(a.y == Approx(y).margin(1e-6));
    CHECK(a.width == Approx(width));
    CHECK(a.height == Approx(height));
}

}  // namespace

TEST_CASE("the crop is the middle of the image, in the image's own pixels") {
    check(crop_area({256, 256}, 256, 224, 224), 16, 16, 224, 224);
    check(crop_area({512, 512}, 256, 224, 224), 32, 32, 448, 448);
    check(crop_area({1024, 512}, 256, 224, 224), 288, 32, 448, 448);
    check(crop_area({512, 1024}, 256, 224, 224), 32, 288, 448, 448);
    check(crop_area({128, 128}, 256, 224, 224), 8, 8, 112, 112);
    check(crop_area({1024, 512}, 256, 224, 224, crop_mode::squash), 64, 32, 896, 448);
}

TEST_CASE("a crop that is larger than the resized image reaches over its edges") {
    check(crop_area({200, 100}, 100, 150, 150), 25, -25, 150, 150);
}
