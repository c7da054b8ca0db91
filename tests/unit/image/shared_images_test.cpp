// Tests against the reference: photos to the pixel, and real files of many kinds.
#include "expected_image.hpp"
#include "shared_expected.hpp"
#include "test_files.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

using namespace sma::image;
using namespace sma::image::test;

namespace {

constexpr std::size_t crop_bytes = std::size_t{224} * 224 * 3;

// The tensor `crops` of a safetensors file: after the header, at the offset that it names.
std::string_view find_crops(std::string const& file) {
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, file.data(), 8);
    auto const header = std::string_view(file).substr(8, header_bytes);
    auto const entry = header.substr(header.find("\"crops\""));
    auto const offsets = entry.substr(entry.find("\"data_offsets\""));
    std::size_t begin = 0;
    std::size_t end = 0;
    char comma = 0;
    std::istringstream(std::string(offsets.substr(offsets.find('[') + 1))) >> begin >> comma >> end;
    return std::string_view(file).substr(8 + header_bytes + begin, end - begin);
}

struct difference {
    double mean = 0;
    int p99 = 0;
};

difference compare(std::vector<std::uint8_t> const& got, std::string_view wanted) {
    std::vector<int> differences(got.size());
    double sum = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        differences[i] = std::abs(int{got[i]} - int{static_cast<std::uint8_t>(wanted[i])});
        sum += differences[i];
    }
    auto const at = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() * 99 / 100);
    std::nth_element(differences.begin(), at, differences.end());
    return {sum / static_cast<double>(got.size()), *at};
}

// The references are of Pillow, which leaves the profiles alone.
decode_options reference_options() {
    decode_options options;
    options.convert_colors = false;
    return options;
}

}  // namespace

TEST_CASE("the crop of every photo is the reference's") {
    auto const shared = shared_folder();
    if (!shared) return;
    auto const reference = read_file(*shared / "reference/photos.safetensors");
    auto const crops = find_crops(reference);
    std::istringstream list(read_file(*shared / "reference/photos.txt"));
    decoder d{reference_options()};
    std::size_t photos = 0;
    for (std::string line; std::getline(list, line); ++photos) {
        auto const name = line.substr(0, line.find_first_of(" \t"));
        INFO(name);
        auto const crop = d.decode_crop(read_file(*shared / "photos" / name));
        REQUIRE(crop.has_value());
        REQUIRE((photos + 1) * crop_bytes <= crops.size());
        auto const found = compare(*crop, crops.substr(photos * crop_bytes, crop_bytes));
        CHECK(found.mean <= 0.5);
        CHECK(found.p99 <= 2);
    }
    CHECK(photos == 100);
}

TEST_CASE("real files of many kinds give what is expected of them") {
    auto const shared = shared_folder();
    if (!shared) return;
    decoder d{reference_options()};
    for (auto const& expected : shared_images) check_image(d, expected, read_file(*shared / "images" / expected.name));
}
