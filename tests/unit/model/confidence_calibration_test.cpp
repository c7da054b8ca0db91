// Tests of where the calibration of confidences is kept.
#include "model_files.hpp"

#include "sma/model/confidence_calibration.hpp"
#include "sma/model/safetensors.hpp"

#include "catch_result.hpp"

#include <cstring>

using namespace sma;
using namespace sma::test;
using namespace sma::model;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr confidence_calibration some{1.375, 1'000, 0.08, 0.021};

void check_same(result<std::optional<confidence_calibration>> const& read) {
    REQUIRE(read);
    REQUIRE(*read);
    CHECK((*read)->temperature == Approx(1.375));
    CHECK((*read)->photos == 1'000);
    CHECK((*read)->error_before == Approx(0.08));
    CHECK((*read)->error_after == Approx(0.021));
}

std::filesystem::path written_weights(scratch_folder const& folder) {
    safetensors content;
    tensor values(dtype::f32, {3});
    std::memset(values.fill_bytes(), 0x3f, values.byte_count());
    content.tensors.emplace("fc.bias", values);
    content.metadata = {{"architecture", "resnet50"}};
    auto const file = folder / "w.safetensors";
    REQUIRE(write_safetensors(file, content));
    return file;
}

}  // namespace

TEST_CASE("safetensors keep the calibration in their metadata, and all else as it was", "[calibration]") {
    scratch_folder const folder;
    auto const file = written_weights(folder);
    CHECK_FALSE(read_calibration(file, "any").value());
    CHECK(write_calibration(file, "any", some).value() == file);
    check_same(read_calibration(file, "another"));
    auto const content = read_safetensors(file);
    REQUIRE(content);
    CHECK(content->metadata.at("architecture") == "resnet50");
    CHECK(content->tensors.at("fc.bias").byte_count() == 12);
    CHECK(content->tensors.at("fc.bias").bytes()[5] == std::byte{0x3f});
    // A later one takes its place.
    CHECK(write_calibration(file, "any", {2, 50, 0, 0}));
    CHECK(read_calibration(file, "any").value()->temperature == 2);
}

TEST_CASE("other weights have it in a file beside them, which names them", "[calibration]") {
    scratch_folder const folder;
    auto const weights = folder.write("resnet.pth", "PK not looked at");
    CHECK_FALSE(read_calibration(weights, "aa").value());
    auto const written = write_calibration(weights, "aa", some);
    REQUIRE(written);
    CHECK(written->filename() == "resnet.calibration.json");
    check_same(read_calibration(weights, "aa"));
    auto const stale = read_calibration(weights, "bb");
    REQUIRE_FALSE(stale);
    CHECK(stale.error().code == errc::validation_error);
    CHECK_THAT(stale.error().message, ContainsSubstring("other weights"));
}

TEST_CASE("a damaged calibration is refused", "[calibration]") {
    scratch_folder const folder;
    auto const weights = folder.write("w.pth", "PK");
    for (auto const* const text :
         {"", "[]", "{", R"({"temperature": 0, "photos": 1, "error_before": 0, "error_after": 0})",
          R"({"temperature": -1, "photos": 1, "error_before": 0, "error_after": 0})",
          R"({"temperature": "1", "photos": 1, "error_before": 0, "error_after": 0})",
          R"({"temperature": 1e999, "photos": 1, "error_before": 0, "error_after": 0})",
          R"({"temperature": 1, "photos": 1e300, "error_before": 0, "error_after": 0})",
          R"({"temperature": 0e999, "photos": 1, "error_before": 0, "error_after": 0})", R"({"temperature": 1})"}) {
        INFO(text);
        folder.write("w.calibration.json", text);
        auto const read = read_calibration(weights, "aa");
        REQUIRE_FALSE(read);
        CHECK(read.error().code == errc::invalid_weights);
    }
}
