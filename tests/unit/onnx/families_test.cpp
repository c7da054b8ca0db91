// Tests of ONNX files as PyTorch's exporter writes them against the logits that PyTorch itself gives.
#include "onnx_engines.hpp"
#include "torchvision_files.hpp"

#include "sma/engine/onednn_engine.hpp"
#include "sma/onnx/onnx_graph.hpp"

#include "catch_result.hpp"

#include <string>

using namespace sma;
using namespace sma::onnx::test;
using Catch::Matchers::ContainsSubstring;
using sma::test::files_in;
using sma::test::make_families;
using sma::test::read_floats;
using sma::test::relative_difference;
using sma::test::run_pass;
using sma::test::temporary_folder;

namespace {

/// All images at once, and the later ones alone.
void check_logits(engine::engine& e, std::vector<float> const& images, std::vector<float> const& expected) {
    CHECK(relative_difference(run_pass(e, images), expected) < 1e-3);
    auto const row = static_cast<std::ptrdiff_t>(e.classes());
    CHECK(relative_difference(run_pass(e, images, 1), {expected.begin() + row, expected.end()}) < 1e-3);
}

/// On ONNX Runtime, and where it is a ResNet on our own engine.
void check_file(std::filesystem::path const& file, std::vector<float> const& images, std::vector<float> const& expected,
                int side, bool is_resnet) {
    auto const e = create_engine(file, side);
    REQUIRE(e);
    INFO((*e)->describe().note);
    check_logits(**e, images, expected);
    auto const graph = sma::onnx::read_graph(file);
    REQUIRE(graph.has_value() == is_resnet);
    if (!is_resnet) {
        CHECK(graph.error().code == errc::unsupported);
        return;
    }
    engine::onednn_options options;
    options.precision = engine::precision::fp32;
    options.threads = 2;
    options.height = options.width = side;
    auto const own = engine::create_onednn_engine(*graph, options);
    REQUIRE(own);
    check_logits(**own, images, expected);
}

}  // namespace

TEST_CASE("onnx: a small ResNet answers as in PyTorch on either engine", "[onnx]") {
    std::filesystem::path const data = SMA_SOURCE_DIR "/tests/unit/onnx/data";
    check_file(data / "small_resnet.onnx", read_floats(data / "small_resnet.images.f32"),
               read_floats(data / "small_resnet.logits.f32"), 32, true);
}

TEST_CASE("onnx: torchvision's families answer as in PyTorch", "[families]") {
    temporary_folder const folder;
    if (!make_families("onnx/data/make_families.py", folder.path(), "torchvision, onnx")) return;
    auto const images = read_floats(folder / "images.f32");
    std::size_t families = 0;
    for (auto const& file : files_in(folder.path())) {
        if (file.extension() != ".onnx") continue;
        INFO(file.stem());
        ++families;
        auto logits = file;
        auto const name = file.stem().string();
        check_file(file, images, read_floats(logits.replace_extension(".f32")), 64, name.starts_with("resne"));
    }
    CHECK(families >= 10);
}
