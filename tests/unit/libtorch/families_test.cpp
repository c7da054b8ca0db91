// Tests of TorchScript files of torchvision's families against the logits that PyTorch itself gives.
#include "engine_runs.hpp"
#include "files.hpp"
#include "torchvision_files.hpp"

#include "sma/engine/onednn_engine.hpp"
#include "sma/libtorch/script_graph.hpp"
#include "sma/libtorch/torch_engine.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int side = 64;

at::Tensor read_tensor(std::filesystem::path const& file, std::vector<std::int64_t> const& shape) {
    auto const bytes = read_file(file);
    auto t = at::empty(shape, at::kFloat);
    REQUIRE(bytes.size() == t.nbytes());
    std::copy(bytes.begin(), bytes.end(), static_cast<char*>(t.data_ptr()));
    return t;
}

/// All images at once, and one of them alone.
void check_logits(engine::engine& e, at::Tensor const& images, at::Tensor const& expected) {
    CHECK(relative_difference(run_engine(e, images), expected) < 1e-3);
    CHECK(relative_difference(run_engine(e, images.narrow(0, 1, 1)), expected.narrow(0, 1, 1)) < 1e-3);
}

/// Where it is a ResNet, on our own engine.
void check_graph(std::filesystem::path const& file, at::Tensor const& images, at::Tensor const& expected) {
    auto const graph = libtorch::read_script_graph(file);
    REQUIRE(graph.has_value() == file.stem().string().starts_with("resne"));
    if (!graph) {
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

/// A batch is rounded otherwise than its images alone, and is still one. Of some: most CPUs take long for bf16.
void check_bf16(std::filesystem::path const& file, libtorch::torch_options options) {
    static std::array const some{"resnet_basic", "mobilenet_v2", "vit"};
    if (std::find(some.begin(), some.end(), file.stem()) == some.end()) return;
    options.precision = engine::precision::bf16;
    options.fastest_form = false;
    auto const e = libtorch::create_torch_engine(file, options);
    REQUIRE(e);
    CHECK((*e)->describe().note == "");
}

}  // namespace

TEST_CASE("torch engine: TorchScript of torchvision's families runs as in PyTorch", "[families]") {
    temporary_folder const folder;
    if (!make_families("libtorch/data/make_families.py", folder.path())) return;
    auto const images = read_tensor(folder / "images.f32", {3, side, side, 3});
    libtorch::torch_options options;
    options.threads = 2;
    options.height = options.width = side;
    std::size_t families = 0;
    for (auto const& file : files_in(folder.path())) {
        if (file.extension() != ".pt") continue;
        INFO(file.stem());
        ++families;
        auto const e = libtorch::create_torch_engine(file, options);
        REQUIRE(e);
        auto logits_file = file;
        auto const expected = read_tensor(logits_file.replace_extension(".f32"), {3, 10});
        INFO((*e)->describe().note);
        CHECK_THAT((*e)->describe().note, !ContainsSubstring("one image at a time") && !ContainsSubstring("freeze"));
        CHECK((expected[0] - expected[1]).abs().max().item<float>() > 1e-3 * expected.abs().max().item<float>());
        check_logits(**e, images, expected);
        check_graph(file, images, expected);
        check_bf16(file, options);
    }
    CHECK(families >= 10);
}
