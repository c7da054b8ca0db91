// Test of the fuzz corpus: every file gives what Pillow and torchvision make of it, whole, cut off anywhere or with
// bits flipped.
#include "corpus_expected.hpp"
#include "expected_image.hpp"
#include "fuzz_one_image.hpp"
#include "test_files.hpp"

#include "catch.hpp"

#include <algorithm>
#include <random>

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

std::vector<std::string> corpus_names() {
    std::vector<std::string> names;
    auto const folder = std::filesystem::path(SMA_SOURCE_DIR) / "tests/fuzz/corpus/image";
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

TEST_CASE("each kind of image comes out as Pillow shows it, or is refused with the right error") {
    decoder d{decode_options{}};
    for (auto const& expected : corpus_images) check_image(d, expected, corpus_file(expected.name));
}

TEST_CASE("the corpus runs through the fuzz target") {
    auto const names = corpus_names();
    for (auto const& name : names) fuzz_one_image(corpus_file(name));
    CHECK(names.size() > std::size(corpus_images));
}

TEST_CASE("a file that is cut off anywhere is an error or an image, never a fault") {
    for (auto const& name : corpus_names()) {
        auto const file = corpus_file(name);
        for (std::size_t n = 0; n < file.size(); n += 1 + file.size() / 40)
            fuzz_one_image(std::string_view(file).substr(0, n));
    }
}

TEST_CASE("a file with any bytes changed is an error or an image, never a fault") {
    std::mt19937 random(13);
    for (auto const& name : corpus_names()) {
        auto const file = corpus_file(name);
        for (int i = 0; i < 40; ++i) {
            auto changed = file;
            for (int n = 0; n < 3; ++n)
                changed[random() % std::min<std::size_t>(changed.size(), 600)] = static_cast<char>(random());
            fuzz_one_image(changed);
        }
    }
}
