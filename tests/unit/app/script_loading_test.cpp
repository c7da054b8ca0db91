// Tests of the choice of the engine for a TorchScript file.
#include "script_loading.hpp"

#include "engine_comparison.hpp"
#include "parts.hpp"

#include "catch_result.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int side = 32;

std::filesystem::path data(std::string const& name) { return SMA_SOURCE_DIR "/tests/unit/libtorch/data/" + name; }

settings with(std::string const& engine, std::string const& precision = "fp32") {
    settings s;
    s.engine = engine;
    s.precision = precision;
    s.inference_threads = 1;
    return s;
}

app::loaded_network load(settings const& s, std::string const& name) {
    auto loaded = app::load_script(s, data(name), side);
    REQUIRE(loaded);
    loaded->engine->release_thread();
    REQUIRE(loaded->remarks.size() == 1);
    return std::move(*loaded);
}

std::string refusal(settings const& s, std::string const& name) {
    auto const loaded = app::load_script(s, data(name), side);
    REQUIRE(!loaded);
    CHECK(loaded.error().code == errc::unsupported);
    return loaded.error().message;
}

}  // namespace

TEST_CASE("a ResNet in a TorchScript file runs on our own engine", "[script_loading]") {
    for (auto const* engine : {"auto", "onednn"}) {
        auto const ours = load(with(engine), "small_resnet.pt");
        CHECK(ours.architecture == "ResNet-6");
        CHECK(ours.engine->describe().name == "onednn");
        CHECK(ours.engine->classes() == 5);
        CHECK(ours.engine->features());
        CHECK_THAT(ours.remarks[0].text, ContainsSubstring("beside libtorch, its logits"));
        CHECK(!ours.remarks[0].is_warning);
        auto const theirs = load(with("torch"), "small_resnet.pt");
        CHECK(theirs.engine->describe().name == "torch");
        CHECK(theirs.architecture == "TorchScript");
        CHECK(app::logit_difference(*ours.engine, *theirs.engine) < 1e-4);
    }
}

TEST_CASE("another network in a TorchScript file runs on libtorch, and why", "[script_loading]") {
    auto const loaded = load(with("auto"), "leaky_resnet.pt");
    CHECK(loaded.architecture == "TorchScript");
    CHECK(loaded.engine->describe().name == "torch");
    CHECK_THAT(loaded.remarks[0].text, ContainsSubstring("aten::leaky_relu"));
    CHECK(!loaded.remarks[0].is_warning);
    CHECK_THAT(refusal(with("onednn"), "leaky_resnet.pt"),
               ContainsSubstring("aten::leaky_relu") && ContainsSubstring("engine = torch"));
    CHECK_THAT(refusal(with("auto", "int8"), "leaky_resnet.pt"), ContainsSubstring("precision = int8"));
    CHECK_THAT(refusal(with("onnx"), "small_resnet.pt"), ContainsSubstring("ONNX files only"));
}

TEST_CASE("bf16 is tried for another network where the CPU has it", "[script_loading]") {
    auto const loaded = app::load_script(with("auto", "auto"), data("leaky_resnet.pt"), side);
    REQUIRE(loaded);
    loaded->engine->release_thread();
    auto const part = app::parts::libtorch();
    REQUIRE(part);
    if ((*part)->has_native_bf16()) {
        REQUIRE(loaded->remarks.size() == 2);
        CHECK_THAT(loaded->remarks[1].text, ContainsSubstring("auto is " + loaded->engine->describe().precision));
    } else {
        CHECK(loaded->remarks.size() == 1);
        CHECK(loaded->engine->describe().precision == "fp32");
    }
}

TEST_CASE("a ResNet whose logits are not proven runs on libtorch with a warning", "[script_loading]") {
    auto const loaded = load(with("auto"), "endless_resnet.pt");
    CHECK(loaded.engine->describe().name == "torch");
    CHECK_THAT(loaded.remarks[0].text, ContainsSubstring("not proven to answer alike"));
    CHECK(loaded.remarks[0].is_warning);
}

TEST_CASE("a ResNet in a TorchScript file has the precisions of our own engine", "[script_loading]") {
    CHECK_THAT(refusal(with("auto", "int8"), "small_resnet.pt"), ContainsSubstring("int8"));
    // bf16 where the CPU has it, else our engine's reason.
    auto const loaded = app::load_script(with("auto", "bf16"), data("small_resnet.pt"), side);
    if (loaded) {
        loaded->engine->release_thread();
        CHECK(loaded->engine->describe().name == "onednn");
        CHECK(loaded->engine->describe().precision == "bf16");
    } else {
        CHECK_THAT(loaded.error().message, ContainsSubstring("bf16"));
    }
}
