// Tests that an image is answered alike by a worker and by the server itself.
#include "isolated_fixture.hpp"

#include "catch.hpp"
#include "files.hpp"

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

using namespace sma;
using namespace sma::isolation;
using namespace sma::isolation::test;

namespace {

/// Size and tensor in each type, or an error.
struct outcome {
    errc code{};
    std::string message;
    int width = 0;
    int height = 0;
    std::string tensors;
    bool operator==(outcome const&) const = default;
};

outcome failed(error const& e) { return {e.code, e.message, 0, 0, {}}; }

outcome outcome_of(image::image_work& work, std::string_view file) {
    auto const pool = std::make_shared<tensor_pool>(1);
    auto const size = work.probe(file, {});
    if (!size) return failed(size.error());
    outcome all{{}, {}, size->width, size->height, {}};
    for (auto const element : {element_type::f32, element_type::bf16, element_type::s8}) {
        auto out = pool->take({32, 32, element, element == element_type::s8 ? 0.05F : 1.0F});
        auto const bytes = out.format().bytes();
        std::memset(out.data(), 0x55, bytes);
        if (auto const done = work.decode(file, {}, small_crop(), out); !done) return failed(done.error());
        all.tensors.append(reinterpret_cast<char const*>(out.data()), bytes);
    }
    return all;
}

/// The files of a folder, each whole and cut.
std::vector<std::string> files_of(std::filesystem::path const& folder) {
    std::vector<std::string> all;
    for (auto const& path : sma::test::files_in(folder)) {
        all.push_back(sma::test::read_file(path));
        all.push_back(all.back().substr(0, all.back().size() / 2));
    }
    return all;
}

void require_agreement(std::vector<std::string> const& files, bool lenient) {
    auto options = small_options();
    options.pixels_max = 40'000'000;
    options.allow_truncated = lenient;
    options.decode_timeout = std::chrono::minutes(5);  // of a machine that has others to serve
    isolated with(real_worker(), options);
    auto const within = image::make_decoder_work(options);
    for (auto const& file : files) {
        INFO(image::format_name_of(file) << ", " << file.size() << " bytes");
        auto const here = outcome_of(*within, file);
        auto const there = outcome_of(*with.work, file);
        CHECK(here.message == there.message);
        CHECK((here == there));
    }
    CHECK(with.crashes() == 0);
}

}  // namespace

TEST_CASE("a worker answers every seed of the fuzz target as the server would") {
    auto const files = files_of(SMA_SOURCE_DIR "/tests/fuzz/corpus/image");
    REQUIRE(files.size() > 100);
    require_agreement(files, false);
    require_agreement(files, true);
}

TEST_CASE("a worker answers files of all kinds as the server would", "[shared]") {
    auto const shared = sma::test::shared_folder();
    if (!shared) return;
    for (auto const* const folder : {"exif", "formats", "rotation"})
        require_agreement(files_of(*shared / "images" / folder), false);
}
