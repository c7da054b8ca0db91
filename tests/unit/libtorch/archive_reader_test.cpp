#include "archives.hpp"
#include "model_files.hpp"

#include "sma/model/file_preprocessing.hpp"
#include "sma/model/inspect.hpp"
#include "sma/model/weights.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

void save_torchscript(std::filesystem::path const& file, torch::jit::ExtraFilesMap const& extra = {}) {
    torch::jit::Module m("classifier");
    m.register_attribute("training", c10::BoolType::get(), false);
    m.register_parameter("weight", at::ones({3, 2}), false);
    m.define("def forward(self, x):\n  return torch.matmul(x.mean([2, 3]), self.weight)\n");
    m.save(file.string(), extra);
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

TEST_CASE("archives: pre-processing among TorchScript's extra files comes before that beside the file",
          "[archives][preprocessing]") {
    scratch_folder const folder;
    auto const file = folder / "x.pt";
    auto const find = [&] { return model::find_file_preprocessing(file, model::file_kind::torchscript, archives); };
    image::preprocess_options own;
    own.resize = 288;
    own.crop = 256;
    save_torchscript(file);
    CHECK_FALSE(*find());
    folder.write("config.json", R"({"pretrained_cfg": {"crop_pct": 0.9}})");
    CHECK((*find())->source == "config.json beside the weights");
    save_torchscript(file, {{"notes.txt", "anything"}, {"preprocess.json", model::preprocessing_json(own)}});
    CHECK((*find())->source == "preprocess.json in the weight file");
    CHECK((*find())->options == own);
    save_torchscript(file, {{"config.json", R"({"pretrained_cfg": {"input_size": [3, 299, 299]}})"}});
    CHECK((*find())->source == "config.json in the weight file");
    CHECK((*find())->options.crop == 299);

    save_torchscript(file, {{"preprocess.json", "{"}});
    CHECK(find().error().code == errc::invalid_weights);
    save_torchscript(file, {{"preprocess.json", std::string((4U << 20U) + 1, ' ')}});
    CHECK_THAT(find().error().message, ContainsSubstring("preprocess.json"));
    folder.write("x.pt", read_file(file).substr(0, 500));
    CHECK(find().error().code == errc::invalid_weights);
}
