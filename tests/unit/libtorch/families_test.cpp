// Tests of TorchScript files of torchvision's families against the logits that PyTorch itself gives.
#include "engine_runs.hpp"
#include "files.hpp"

#include "sma/libtorch/torch_engine.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdlib>
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

/// False, having said so, where there is no torchvision. Debian's Python, which sees the modules of its packages.
bool make_families(std::filesystem::path const& folder) {
    if (std::system("/usr/bin/python3 -c 'import torchvision' 2>/dev/null") != 0) {
        WARN("skipped: Debian's python3 has no torchvision (python3-torchvision)");
        return false;
    }
    auto const command =
        "/usr/bin/python3 " SMA_SOURCE_DIR "/tests/unit/libtorch/data/make_families.py " + folder.string();
    REQUIRE(std::system(command.c_str()) == 0);
    return true;
}

}  // namespace

TEST_CASE("torch engine: TorchScript of torchvision's families runs as in PyTorch", "[families]") {
    temporary_folder const folder;
    if (!make_families(folder.path())) return;
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
