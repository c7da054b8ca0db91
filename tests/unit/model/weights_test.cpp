#include "model_files.hpp"

#include "sma/model/file_sha256.hpp"
#include "sma/model/inspect.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weights.hpp"
#include "synthetic_models.hpp"

#include "no_archives.hpp"
#include "torch_tensors.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

model::state_dict small_state_dict() { return make_state_dict(narrowed(resnet18(), 4, 5)); }

std::filesystem::path write_small(scratch_folder const& folder, std::string const& prefix = "") {
    model::safetensors content;
    for (auto const& [name, tensor] : small_state_dict()) content.tensors[prefix + name] = tensor;
    auto file = folder / "small.safetensors";
    REQUIRE(model::write_safetensors(file, content));
    return file;
}

}  // namespace

TEST_CASE("weights: prefixes of trainers are removed", "[weights]") {
    scratch_folder const folder;
    for (auto const* prefix : {"", "module.", "model.", "module.model.", "_orig_mod.module."}) {
        INFO(prefix);
        auto const weights = model::load_weights(write_small(folder, prefix), no_archives);
        REQUIRE(weights);
        CHECK(weights->tensors.size() == small_state_dict().size());
        CHECK(weights->tensors.contains("layer4.1.bn2.running_var"));
        CHECK(model::load_graph(folder / "small.safetensors", no_archives).value().architecture == "ResNet-18");
    }
}

TEST_CASE("weights: a tensor with and without a prefix is an error", "[weights]") {
    scratch_folder const folder;
    model::safetensors content;
    content.tensors["fc.bias"] = from_torch(at::zeros({2}));
    content.tensors["module.fc.bias"] = from_torch(at::ones({2}));
    REQUIRE(model::write_safetensors(folder / "x", content));
    auto const weights = model::load_weights(folder / "x", no_archives);
    REQUIRE_FALSE(weights);
    CHECK_THAT(weights.error().message,
               ContainsSubstring("fc.bias appears twice") && ContainsSubstring("module.fc.bias"));
}

TEST_CASE("weights: a file that says that its network has anti-aliasing is not run as a plain ResNet", "[weights]") {
    scratch_folder const folder;
    model::safetensors content;
    content.tensors = small_state_dict();
    auto const refused = [&](std::string const& name) {
        REQUIRE(model::write_safetensors(folder / name, content));
        auto const loaded = model::load_graph(folder / name, no_archives);
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == errc::invalid_weights);
        return loaded.error().message;
    };
    CHECK_THAT(refused("resnetblur18.safetensors"), ContainsSubstring("the file is called resnetblur18.safetensors"));
    content.metadata = {{"architecture", "resnetaa18"}};
    CHECK_THAT(refused("shard.safetensors"), ContainsSubstring("the network is resnetaa18"));
    std::string map;
    for (auto const& [name, tensor] : content.tensors)
        map += (map.empty() ? "\"" : ",\"") + name + "\":\"shard.safetensors\"";
    auto const index = folder.write("model.safetensors.index.json", "{\"weight_map\":{" + map + "}}");
    auto const sharded = model::load_graph(index, no_archives);
    REQUIRE_FALSE(sharded);
    CHECK_THAT(sharded.error().message, ContainsSubstring("the network is resnetaa18"));
}

TEST_CASE("weights: one shard of several is refused, and its index named", "[weights]") {
    scratch_folder const folder;
    model::safetensors content;
    content.tensors = small_state_dict();
    auto const load = [&](std::string const& name) {
        REQUIRE(model::write_safetensors(folder / name, content));
        return model::load_graph(folder / name, no_archives);
    };
    auto const refused = [&](std::string const& name) {
        auto const loaded = load(name);
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == errc::invalid_weights);
        CHECK(model::inspect_file(folder / name, no_archives).value().problem == loaded.error().message);
        return loaded.error().message;
    };
    auto const* const shard = "model-00001-of-00002.safetensors";
    CHECK_THAT(refused(shard), ContainsSubstring("one of the 2 shards") &&
                                   ContainsSubstring("model.safetensors.index.json") &&
                                   ContainsSubstring("none of that name beside the file"));
    folder.write("model.safetensors.index.json", "{}");
    CHECK_THAT(refused(shard), ContainsSubstring("give their index, model.safetensors.index.json, instead") &&
                                   !ContainsSubstring("beside the file"));
    CHECK_THAT(refused("my-net-00012-of-00012.safetensors"), ContainsSubstring("my-net.safetensors.index.json"));
    CHECK_THAT(refused("pytorch_model-00002-of-00003.bin"),
               ContainsSubstring("3 shards") && ContainsSubstring("only shards of safetensors are read"));
    // A whole network, a fold of cross-validation, and what only looks alike.
    for (auto const* const name :
         {"model-00001-of-00001.safetensors", "model-1-of-5.safetensors", "model-00003-of-00002.safetensors",
          "model-0000a-of-00002.safetensors", "model-+0001-of-00002.safetensors", "model_00001-of-00002.safetensors",
          "-00001-of-00002.safetensors", "model-00001-of-00002-epoch3.safetensors"}) {
        INFO(name);
        CHECK(load(name));
    }
}

TEST_CASE("weights: remarks tell names and a missing bias", "[weights]") {
    scratch_folder const folder;
    model::safetensors content;
    for (auto const& [name, tensor] : small_state_dict())
        if (name != "fc.bias") content.tensors["module." + name] = tensor;
    REQUIRE(model::write_safetensors(folder / "x", content));
    auto const g = model::load_graph(folder / "x", no_archives);
    REQUIRE(g);
    REQUIRE(g->remarks.size() == 2);
    CHECK_THAT(g->remarks[0].text, ContainsSubstring("\"module.\""));
    CHECK_THAT(g->remarks[1].text, ContainsSubstring("no bias"));
    CHECK(model::inspect_file(folder / "x", no_archives).value().remarks.size() == 2);
}

TEST_CASE("weights: kinds are judged by content", "[weights]") {
    scratch_folder const folder;
    CHECK(model::detect_file_kind(write_small(folder), no_archives).value() == model::file_kind::safetensors);
    // For a zip archive libtorch is asked, whatever the file's name.
    CHECK(model::detect_file_kind(folder.write("x.safetensors", "PK\x03\x04"), no_archives).error().code ==
          errc::unsupported);

    auto const refused = [&](std::string_view content) {
        auto const kind = model::detect_file_kind(folder.write("x", content), no_archives);
        REQUIRE_FALSE(kind);
        CHECK(kind.error().code == errc::invalid_weights);
        return kind.error().message;
    };
    CHECK_THAT(refused(""), ContainsSubstring("empty"));
    CHECK_THAT(refused("hello, world"), ContainsSubstring("none of safetensors"));
    CHECK_THAT(refused("version https://git-lfs.github.com/spec/v1\n"), ContainsSubstring("git lfs pull"));
    CHECK(model::detect_file_kind(folder / "missing", no_archives).error().code == errc::io_error);
    CHECK_FALSE(model::is_onnx(folder / "missing"));
}

TEST_CASE("weights: an ONNX file is one by its bytes, and no state dict", "[weights]") {
    scratch_folder const folder;
    for (std::string_view const start : {"\x08\x08\x12\x07pytorch", "\x08\x03:\x02", "\x08\x0a\x42\x02\x10\x11"}) {
        auto const file = folder.write("x.safetensors", start);
        CHECK(model::detect_file_kind(file, no_archives).value() == model::file_kind::onnx);
        CHECK(model::is_onnx(file));
        CHECK(model::load_graph(file, no_archives).error().code == errc::unsupported);
    }
    for (std::string_view const start : {"\x08", "\x08\x08", "\x08\x7f\x12", "\x08\x08\x09", "\x0a\x08\x12"}) {
        auto const file = folder.write("x.onnx", start);
        CHECK(model::detect_file_kind(file, no_archives).error().code == errc::invalid_weights);
        CHECK_FALSE(model::is_onnx(file));
    }
    CHECK_FALSE(model::is_onnx(write_small(folder)));
}

TEST_CASE("weights: a graph does not need the file any more", "[weights]") {
    scratch_folder const folder;
    auto const file = write_small(folder);
    auto const g = model::load_graph(file, no_archives);
    REQUIRE(g);
    // A page of the file that is still mapped would now raise SIGBUS.
    std::filesystem::resize_file(file, 0);
    auto const expected = small_state_dict();
    CHECK(equal(g->layers.back().weight, expected.at("fc.weight")));
    CHECK(equal(g->layers.back().bias, expected.at("fc.bias")));
    for (auto const& l : g->layers)
        if (l.weight.is_defined()) CHECK(at::isfinite(to_torch(l.weight)).all().item<bool>());
}

TEST_CASE("weights: SHA-256", "[weights]") {
    scratch_folder const folder;
    CHECK(model::file_sha256(folder.write("x", "abc")).value() ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(model::file_sha256(folder.write("x", "")).value() ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    // longer than a block of the reader, and not a multiple of it
    CHECK(model::file_sha256(folder.write("x", std::string(3'000'001, 'a'))).value() ==
          "71b1401c2645810a611615bae0fce7b308f0ed904a54af8ec8be0fe435581611");
    CHECK(model::file_sha256(folder / "missing").error().code == errc::io_error);
    CHECK(model::file_sha256(folder / "").error().code == errc::io_error);
}

TEST_CASE("inspect: a state dict", "[inspect]") {
    scratch_folder const folder;
    auto const file = write_small(folder, "module.");
    auto const d = model::inspect_file(file, no_archives);
    REQUIRE(d);
    CHECK(d->kind == model::file_kind::safetensors);
    CHECK(d->architecture == "ResNet-18");
    CHECK(d->classes == 5);
    CHECK(d->tensors == 122);
    std::uint64_t parameters = 0;
    for (auto const& [name, tensor] : small_state_dict())
        if (!name.ends_with("num_batches_tracked")) parameters += tensor.size();
    CHECK(d->parameters == parameters);
    CHECK(d->dtypes == std::map<std::string, std::uint64_t>{{"F32", 102}, {"I64", 20}});
    CHECK(d->sha256 == model::file_sha256(file).value());
    CHECK(d->file_bytes == std::filesystem::file_size(file));
    CHECK_FALSE(d->quantized);
    CHECK(d->problem.empty());
}

TEST_CASE("weights: the real ResNet-50 is recognized", "[weights][shared]") {
    auto const* shared = std::getenv("SMA_SHARED");
    if (!shared) {
        WARN("skipped: SMA_SHARED is not set, so the real weights are not at hand");
        return;
    }
    auto const d =
        model::inspect_file(std::filesystem::path(shared) / "weights/resnet50-imagenet.safetensors", no_archives);
    REQUIRE(d);
    CHECK(d->architecture == "ResNet-50");
    CHECK(d->classes == 1000);
    CHECK(d->parameters == 25'610'152);
}
