// Tests of TorchScript files of torchvision's families against the logits that PyTorch itself gives.
#include "engine_runs.hpp"
#include "files.hpp"
#include "torchvision_families.hpp"

#include "sma/libtorch/torch_engine.hpp"

#include <ATen/ATen.h>

#include <algorithm>
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
        CHECK(relative_difference(run_engine(**e, images), expected) < 1e-3);
        CHECK(relative_difference(run_engine(**e, images.narrow(0, 1, 1)), expected.narrow(0, 1, 1)) < 1e-3);
    }
    CHECK(families >= 10);
}
