// Tests of the resampler against a slow, plain one: pixels turned one by one, weights and sums in double.
#include "resampler.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

using namespace sma;
using namespace sma::image;

namespace {

struct picture {
    picture(int w, int h) : width(w), height(h), bytes(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 3) {}
    std::uint8_t& at(std::int64_t x, std::int64_t y, int c) {
        return bytes[static_cast<std::size_t>((y * width + x) * 3 + c)];
    }
    int width;
    int height;
    std::vector<std::uint8_t> bytes;
};

picture random_picture(int width, int height, std::mt19937& random) {
    picture p(width, height);
    for (auto& byte : p.bytes) byte = static_cast<std::uint8_t>(random());
    return p;
}

// As the EXIF standard describes the orientations: where the stored first row and column are when looked at.
picture turned(picture& in, int orientation) {
    bool const swap = orientation >= 5;
    picture out(swap ? in.height : in.width, swap ? in.width : in.height);
    for (int y = 0; y < in.height; ++y) {
        for (int x = 0; x < in.width; ++x) {
            int const right = in.width - 1 - x;
            int const down = in.height - 1 - y;
            int const places[9][2] = {{},     {x, y},    {right, y},    {right, down}, {x, down},
                                      {y, x}, {down, x}, {down, right}, {y, right}};
            for (int c = 0; c < 3; ++c) out.at(places[orientation][0], places[orientation][1], c) = in.at(x, y, c);
        }
    }
    return out;
}

double filter_at(interpolation filter, double x) {
    x = std::fabs(x);
    if (filter == interpolation::bilinear) return std::max(0.0, 1.0 - x);
    if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
    return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0.0;
}

// One row of n pixels to one output pixel; read(i) gives the i-th.
template <class Read>
std::uint8_t plain_pixel(int n, std::int64_t resized, std::int64_t output, interpolation filter, Read read) {
    double const scale = static_cast<double>(n) / static_cast<double>(resized);
    double const stretch = std::max(1.0, scale);
    double const reach = (filter == interpolation::bilinear ? 1.0 : 2.0) * stretch;
    double const center = (static_cast<double>(output) + 0.5) * scale;
    int const from = std::max(0, static_cast<int>(std::floor(center - reach + 0.5)));
    int const to = std::min(n, static_cast<int>(std::floor(center + reach + 0.5)));
    double sum = 0;
    double weights = 0;
    for (int i = from; i < to; ++i) {
        double const weight = filter_at(filter, (i + 0.5 - center) / stretch);
        sum += weight * read(i);
        weights += weight;
    }
    return static_cast<std::uint8_t>(std::clamp(std::floor(sum / weights + 0.5), 0.0, 255.0));
}

// Both passes over the part that the crop shows, and zeros around it.
picture plain_crop(picture& in, int resize, int crop, interpolation filter) {
    std::int64_t const w = in.width <= in.height ? resize : std::int64_t{resize} * in.width / in.height;
    std::int64_t const h = in.width <= in.height ? std::int64_t{resize} * in.height / in.width : resize;
    auto const x_window = center_crop(w, crop);
    auto const y_window = center_crop(h, crop);
    picture narrow(x_window.count, in.height);
    picture out(crop, crop);
    for (int c = 0; c < 3; ++c) {
        for (int x = 0; x < x_window.count; ++x) {
            for (int y = 0; y < in.height; ++y) {
                narrow.at(x, y, c) =
                    plain_pixel(in.width, w, x_window.offset + x, filter, [&](int i) { return in.at(i, y, c); });
            }
            for (int y = 0; y < y_window.count; ++y) {
                out.at(x_window.pad_before + x, y_window.pad_before + y, c) =
                    plain_pixel(in.height, h, y_window.offset + y, filter, [&](int i) { return narrow.at(x, i, c); });
            }
        }
    }
    return out;
}

std::vector<std::uint8_t> resampled(resampler& r, picture& in, int orientation, int resize, int crop,
                                    interpolation filter) {
    r.begin({in.width, in.height, orientation::from_exif(orientation), resize, crop, crop, filter});
    auto const bytes = static_cast<std::size_t>(r.end_column() - r.first_column()) * 3;
    for (int y = r.first_row(); y < r.end_row(); ++y) {
        std::memcpy(r.row_space(), &in.at(r.first_column(), y, 0), bytes);
        r.push_row();
    }
    auto const* result = r.crop();
    return {result, result + static_cast<std::size_t>(crop) * static_cast<std::size_t>(crop) * 3};
}

// Weights of 22 bits may round the other way than doubles where a sum lies half-way: by one, and seldom.
void check_equal(std::vector<std::uint8_t> const& got, std::vector<std::uint8_t> const& wanted) {
    REQUIRE(got.size() == wanted.size());
    int largest = 0;
    std::size_t different = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        int const difference = std::abs(int{got[i]} - int{wanted[i]});
        largest = std::max(largest, difference);
        different += difference != 0;
    }
    CHECK(largest <= 1);
    CHECK(different <= got.size() / 20);
}

}  // namespace

TEST_CASE("random sizes and orientations come out as from a slow, plain resize and crop") {
    std::mt19937 random(7);
    resampler r;
    for (int i = 0; i < 60; ++i) {
        int const width = 1 + static_cast<int>(random() % 150);
        int const height = 1 + static_cast<int>(random() % 150);
        int const orientation = 1 + i % 8;
        int const resize = 20 + static_cast<int>(random() % 60);
        int const crop = 20 + static_cast<int>(random() % 60);
        auto const filter = i % 3 == 0 ? interpolation::bicubic : interpolation::bilinear;
        INFO(width << " x " << height << ", orientation " << orientation << ", resize " << resize << ", crop " << crop);
        auto source = random_picture(width, height, random);
        auto upright = turned(source, orientation);
        check_equal(resampled(r, source, orientation, resize, crop, filter),
                    plain_crop(upright, resize, crop, filter).bytes);
    }
}

TEST_CASE("extreme sizes: very long, very large, smaller than the crop, already of the wanted size") {
    std::mt19937 random(11);
    resampler r;
    struct row {
        int width, height;
    };
    auto const size =
        GENERATE(row{1, 5000}, row{5000, 1}, row{1, 1}, row{1500, 1100}, row{256, 256}, row{224, 224}, row{257, 300});
    auto const orientation = GENERATE(1, 6, 7);
    INFO(size.width << " x " << size.height << ", orientation " << orientation);
    auto source = random_picture(size.width, size.height, random);
    auto upright = turned(source, orientation);
    check_equal(resampled(r, source, orientation, 256, 224, interpolation::bilinear),
                plain_crop(upright, 256, 224, interpolation::bilinear).bytes);
}

TEST_CASE("every instruction set gives the same bytes") {
    std::mt19937 random(3);
    auto source = random_picture(501, 375, random);
    auto const sets = all_kernels();
    REQUIRE(sets.size() >= 1);
    for (auto filter : {interpolation::bilinear, interpolation::bicubic}) {
        for (int orientation : {1, 8}) {
            resampler plain(sets.back());
            auto const wanted = resampled(plain, source, orientation, 256, 224, filter);
            for (auto const& set : sets) {
                resampler other(set);
                CHECK(resampled(other, source, orientation, 256, 224, filter) == wanted);
            }
        }
    }
}

TEST_CASE("a resampler that is used again forgets the image before") {
    std::mt19937 random(5);
    auto first = random_picture(90, 70, random);
    auto second = random_picture(90, 70, random);
    auto tall = random_picture(60, 300, random);
    resampler fresh;
    auto const wanted = resampled(fresh, second, 1, 100, 120, interpolation::bilinear);
    resampler used;
    resampled(used, first, 1, 100, 120, interpolation::bilinear);
    CHECK(resampled(used, second, 1, 100, 120, interpolation::bilinear) == wanted);
    resampled(used, tall, 6, 50, 40, interpolation::bicubic);
    CHECK(resampled(used, second, 1, 100, 120, interpolation::bilinear) == wanted);
}
