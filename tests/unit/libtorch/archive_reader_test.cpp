#include "archives.hpp"
#include "model_files.hpp"

#include "sma/model/inspect.hpp"
#include "sma/model/weights.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

void save_torchscript(std::filesystem::path const& file) {
    torch::jit::Module m("classifier");
    m.register_attribute("training", c10::BoolType::get(), false);
    m.register_parameter("weight", at::ones({3, 2}), false);
    m.define("def forward(self, x):\n  return torch.matmul(x.mean([2, 3]), self.weight)\n");
    m.save(file.string());
}

}  // namespace

TEST_CASE("archives: TorchScript is told from a state dict by its content", "[archives]") {
    scratch_folder const folder;
    save_torchscript(folder / "x.safetensors");
    CHECK(model::detect_file_kind(folder / "x.safetensors", archives).value() == model::file_kind::torchscript);
    CHECK(model::load_weights(folder / "x.safetensors", archives).error().code == errc::unsupported);
    CHECK(model::detect_file_kind(data_file("state_dict.pth"), archives).value() == model::file_kind::pth);
}

TEST_CASE("inspect: TorchScript, and a file that cannot be served", "[inspect]") {
    scratch_folder const folder;
    save_torchscript(folder / "x.pt");
    auto const script = model::inspect_file(folder / "x.pt", archives);
    REQUIRE(script);
    CHECK(script->kind == model::file_kind::torchscript);
    CHECK(script->parameters == 6);

    auto const other = model::inspect_file(data_file("state_dict.pth"), archives);
    REQUIRE(other);
    CHECK(other->kind == model::file_kind::pth);
    CHECK(other->architecture.empty());
    CHECK_THAT(other->problem, ContainsSubstring("layer1.0.conv1.weight is missing"));
    CHECK(other->dtypes ==
          std::map<std::string, std::uint64_t>{{"BF16", 1}, {"F16", 1}, {"F32", 1}, {"F64", 1}, {"I64", 1}});
}
