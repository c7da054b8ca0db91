// Tests of sizes, rounding and offsets against torchvision's, computed by hand or with torchvision 0.14 itself.
#include "resample_weights.hpp"

#include "catch.hpp"

#include <numeric>

using namespace sma::image;

TEST_CASE("the shorter side becomes the wanted length and the longer one is cut off to a whole number") {
    struct row {
        int width, height, resize;
        std::int64_t new_width, new_height;
    };
    auto const r =
        GENERATE(row{500, 375, 256, 341, 256}, row{375, 500, 256, 256, 341}, row{333, 500, 256, 256, 384},
                 row{501, 333, 256, 385, 256}, row{256, 256, 256, 256, 256}, row{1, 5000, 256, 256, 1'280'000},
                 row{5000, 1, 256, 1'280'000, 256}, row{3, 2, 256, 384, 256}, row{640, 427, 232, 347, 232});
    auto const size = resize_shorter_side(r.width, r.height, r.resize);
    CHECK(size.width == r.new_width);
    CHECK(size.height == r.new_height);
}

TEST_CASE("the crop's offset is rounded as Python rounds: a half goes to the even number") {
    CHECK(center_crop(256, 224).offset == 16);
    CHECK(center_crop(341, 224).offset == 58);  // 58.5
    CHECK(center_crop(343, 224).offset == 60);  // 59.5
    CHECK(center_crop(385, 224).offset == 80);  // 80.5
    CHECK(center_crop(347, 224).offset == 62);  // 61.5
    CHECK(center_crop(1'280'000, 224).offset == 639'888);
}

TEST_CASE("a side that is smaller than the crop is padded, with the odd zero behind it") {
    auto const window = center_crop(101, 224);
    CHECK(window.offset == 0);
    CHECK(window.pad_before == 61);
    CHECK(window.count == 101);
}

TEST_CASE("weights add up to one and stay inside the source") {
    auto const source = GENERATE(1, 2, 3, 100, 223, 375, 5000, 20'000);
    auto const filter = GENERATE(interpolation::bilinear, interpolation::bicubic);
    auto const mirrored = GENERATE(false, true);
    resample_weights a;
    make_resample_weights(a, source, 256, 224, filter, mirrored);
    REQUIRE(a.count == 224);
    for (int i = 0; i < a.count; ++i) {
        auto const n = static_cast<std::size_t>(i);
        CHECK(a.first[n] >= a.begin);
        CHECK(a.first[n] + a.length[n] <= a.end);
        CHECK(a.length[n] <= a.taps);
        auto const sum = std::accumulate(a.weights_of(i), a.weights_of(i) + a.length[n], 0);
        CHECK(std::abs(sum - (1 << weight_bits)) <= a.length[n]);
    }
    CHECK(a.begin >= 0);
    CHECK(a.end <= source);
}

TEST_CASE("only the rows that the crop needs are asked for") {
    resample_weights a;
    make_resample_weights(a, 5000, 1'280'000, 224, interpolation::bilinear, false);
    CHECK(a.end - a.begin <= 3);
    make_resample_weights(a, 500, 341, 224, interpolation::bilinear, false);
    CHECK(a.begin >= 80);
    CHECK(a.end <= 420);
}
