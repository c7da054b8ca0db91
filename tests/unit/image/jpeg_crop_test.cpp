// Tests of JPEGs of which only the part under the crop is decoded, shrunk or not: each gives what its whole pixels
// give.
#include "sma/image/decoder.hpp"

#include "jpeg_files.hpp"
#include "resampler.hpp"

#include "catch.hpp"

#include <random>

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

struct size {
    int width;
    int height;
};

constexpr size sizes[] = {{1, 1},    {2, 3},    {7, 9},     {16, 16},  {17, 33},   {66, 65},
                          {99, 50},  {131, 67}, {211, 317}, {320, 33}, {317, 211}, {900, 9},
                          {11, 800}, {70, 700}, {1'000, 1}, {1, 999},  {640, 47},  {255, 256}};

/// What a crop depends on.
struct crop_options {
    decode_options decoding;
    preprocess_options how;
};

crop_options options_of(int resize, int crop, interpolation filter = interpolation::bilinear) {
    crop_options options;
    options.how.resize = resize;
    options.how.crop = crop;
    options.how.filter = filter;
    return options;
}

result<std::vector<std::uint8_t>> crop_of_file(std::string_view file, crop_options const& options) {
    return decoder{options.decoding}.decode_crop(file, options.how);
}

std::vector<std::uint8_t> crop_of(whole_jpeg const& whole, int orientation, preprocess_options const& wanted) {
    resampler r;
    r.begin({whole.width, whole.height, orientation::from_exif(orientation), wanted.resize, wanted.crop, wanted.crop,
             wanted.filter, whole.shrink});
    int const columns = shrunk(whole.width, whole.shrink);
    for (int y = r.first_row(); y < r.end_row(); ++y) {
        auto const pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(columns) +
                           static_cast<std::size_t>(r.first_column());
        converter_of(whole.kind)(whole.pixels.data() + pixel * bytes_of(whole.kind), r.end_column() - r.first_column(),
                                 r.row_space());
        r.push_row();
    }
    auto const* crop = r.crop();
    return {crop, crop + static_cast<std::size_t>(wanted.crop) * static_cast<std::size_t>(wanted.crop) * 3};
}

/// Whether the decoder's crop of a file is that of the file's whole pixels, at 1 / shrink of their number.
bool is_as_whole(std::string_view file, int orientation, crop_options const& options, int shrink = 1) {
    auto const whole = decode_whole(file, shrink);
    auto const crop = crop_of_file(file, options);
    return whole && crop.has_value() && *crop == crop_of(*whole, orientation, options.how);
}

}  // namespace

TEST_CASE("the crop of a JPEG is that of its whole pixels, whatever its kind, size and orientation") {
    auto const small = options_of(60, 20);
    auto const bicubic = options_of(40, 39, interpolation::bicubic);
    int orientation = 1;
    for (auto const& kind : jpeg_kinds()) {
        for (auto const& [width, height] : sizes) {
            INFO(to_string(kind) << ", " << width << " x " << height << ", orientation " << orientation);
            auto const file = jpeg_of(kind, width, height, orientation);
            CHECK(is_as_whole(file, orientation, small));
            CHECK(is_as_whole(file, orientation, bicubic));
            orientation = orientation % 8 + 1;
        }
    }
}

TEST_CASE("the crop of a JPEG is that of its whole pixels at any offset into its blocks") {
    std::mt19937 random(11);
    auto const kinds = jpeg_kinds();
    for (int i = 0; i < 400; ++i) {
        auto const& kind = kinds[random() % kinds.size()];
        int const width = 65 + static_cast<int>(random() % 260);
        int const height = 1 + static_cast<int>(random() % 260);
        int const orientation = 1 + static_cast<int>(random() % 8);
        int const resize = 1 + static_cast<int>(random() % 200);
        int const crop = 1 + static_cast<int>(random() % 100);
        INFO(to_string(kind) << ", " << width << " x " << height << ", orientation " << orientation << ", resize "
                             << resize << ", crop " << crop);
        CHECK(is_as_whole(jpeg_of(kind, width, height, orientation), orientation, options_of(resize, crop)));
    }
}

TEST_CASE("a JPEG that is cut off is refused where its whole decode runs out of data, also outside the crop") {
    auto const strict = options_of(60, 20);
    auto lenient = strict;
    lenient.decoding.allow_truncated = true;
    for (auto const& kind : jpeg_kinds()) {
        auto const file = jpeg_of(kind, 230, 240);
        for (std::size_t cut : {std::size_t{3}, std::size_t{9}, file.size() / 30, file.size() / 12, file.size() / 3,
                                file.size() / 2, file.size() * 8 / 9}) {
            INFO(to_string(kind) << ", without its last " << cut << " bytes");
            auto const part = std::string_view(file).substr(0, file.size() - cut);
            auto const whole = decode_whole(part);
            CHECK(crop_of_file(part, strict).has_error() == (!whole || whole->ran_out));
            if (whole) CHECK(is_as_whole(part, 1, lenient));
        }
    }
}

TEST_CASE("a JPEG with wrong bytes in it gives the pixels of its whole decode") {
    std::mt19937 random(5);
    auto const options = options_of(60, 20);
    int decoded = 0;
    for (auto const& kind : jpeg_kinds()) {
        auto const file = jpeg_of(kind, 230, 240);
        for (int i = 0; i < 8; ++i) {
            auto damaged = file;
            for (int n = 0; n < 3; ++n)
                damaged[file.size() / 2 + random() % (file.size() / 2 - 2)] = static_cast<char>(random());
            auto const whole = decode_whole(damaged);
            if (!whole || whole->ran_out) continue;
            INFO(to_string(kind) << ", damage " << i);
            CHECK(is_as_whole(damaged, 1, options));
            ++decoded;
        }
    }
    CHECK(decoded > 100);
}

TEST_CASE("a large JPEG is shrunk as it is decoded, if at least twice the needed resolution remains") {
    struct {
        int side;
        int shrink;
    } const cases[] = {{39, 1}, {40, 2}, {79, 2}, {80, 4}, {159, 4}, {160, 8}, {333, 8}};
    auto options = options_of(10, 8);
    options.decoding.jpeg_shrink = true;
    int orientation = 1;
    for (auto const& kind : jpeg_kinds()) {
        for (auto const& [side, shrink] : cases) {
            int const other = side * 3 / 2 + 1;
            INFO(to_string(kind) << ", side " << side << ", orientation " << orientation);
            CHECK(is_as_whole(jpeg_of(kind, side, other, orientation), orientation, options, shrink));
            CHECK(is_as_whole(jpeg_of(kind, other, side, orientation), orientation, options, shrink));
            orientation = orientation % 8 + 1;
        }
    }
}

TEST_CASE("a shrunk JPEG shows the same at the same place") {
    auto const whole = options_of(20, 18);
    auto shrunk = whole;
    shrunk.decoding.jpeg_shrink = true;
    for (int orientation = 1; orientation <= 8; ++orientation) {
        for (int const side : {160, 161, 164, 167}) {
            INFO("side " << side << ", orientation " << orientation);
            auto const file = ramp_jpeg(side, side + 3, orientation);
            auto const exact = crop_of_file(file, whole).value();
            auto const near = crop_of_file(file, shrunk).value();
            int largest = 0;
            for (std::size_t i = 0; i < exact.size(); ++i) largest = std::max(largest, std::abs(exact[i] - near[i]));
            CHECK(largest <= 1);
        }
    }
}
