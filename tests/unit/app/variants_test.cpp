// Tests of the forms in which people save weights: each answers as PyTorch does, or is refused with what is missing.
#include "model_loading.hpp"

#include "engine_pass.hpp"
#include "files.hpp"
#include "sma/core/logging.hpp"
#include "torchvision_files.hpp"

#include "catch_result.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t side = 224;
constexpr std::uintmax_t bytes_of_all_forms = 4'500'000'000;

/// Forms that are refused, and what the error says.
std::map<std::string, std::string> const refusals{
    {"whole_model.pth", "save model.state_dict() instead of the model"},
    {"legacy.pth", "in PyTorch's old form (before 1.6)"},
    {"protocol0.pth", "save the file again without pickle_protocol"},
    {"protocol1.pth", "save the file again without pickle_protocol"},
    {"no_fc_backbone.pth", "no classifier"},
    {"model-00001-of-00002.safetensors", "give their index, model.safetensors.index.json"},
    {"model-00002-of-00002.safetensors", "give their index, model.safetensors.index.json"},
};

/// False, having said why, where they cannot be made.
bool make_forms(fs::path const& folder) {
    auto const shared = shared_folder();
    if (!shared) return false;
    if (fs::space(folder).available < bytes_of_all_forms) {
        WARN("skipped: " << folder << " has less than 4.5 GB");
        return false;
    }
    return run_torchvision_script(*shared / "inputs/weights/make_variants.py", folder);
}

/// [1, 3, side, side] as [1, side, side, 3].
std::vector<float> channels_last(std::vector<float> const& planes) {
    REQUIRE(planes.size() == 3 * side * side);
    std::vector<float> pixels(planes.size());
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t p = 0; p < side * side; ++p) pixels[3 * p + c] = planes[c * side * side + p];
    return pixels;
}

using logits_by_form = std::map<std::string, std::vector<float>>;

/// Empty for what is no network of its own.
logits_by_form read_expected(fs::path const& folder) {
    logits_by_form expected;
    auto const document = boost::json::parse(read_file(folder / "expected.json"));
    for (auto const& [name, logits] : document.as_object())
        expected[name] = logits.is_null() ? std::vector<float>() : boost::json::value_to<std::vector<float>>(logits);
    return expected;
}

auto load(fs::path const& file) {
    settings s;
    s.weights = file.string();
    s.precision = "fp32";
    s.inference_threads = 1;  // two would wait for each other where other tests run, too
    return app::make_model_loader(s)();
}

void check_refusal(fs::path const& file, std::string const& reason) {
    auto const loaded = load(file);
    CHECK(!loaded);
    if (loaded) return;  // the others still run
    CHECK(loaded.error().code == errc::invalid_weights);
    CHECK_THAT(loaded.error().message, ContainsSubstring(reason));
}

void check_logits(fs::path const& file, std::vector<float> const& image, std::vector<float> const& expected) {
    auto const loaded = load(file);
    CHECK(loaded);
    if (!loaded) return;
    auto& e = *(*loaded)->engine;
    CHECK(relative_difference(run_pass(e, image), expected) < 1e-3);
    e.release_thread();
}

}  // namespace

TEST_CASE("each form of saved weights answers as in PyTorch, or is refused", "[variants]") {
    temporary_folder const folder;
    if (!make_forms(folder.path())) return;
    log::set_minimum(log::level::error);
    auto const image = channels_last(read_floats(folder / "x.f32"));
    auto expected = read_expected(folder.path());
    expected["model.safetensors.index.json"] = expected.at("resnet50.pth");
    for (auto& p : expected.at("ts_softmax.pt")) p = std::log(p);  // an engine answers logits
    std::size_t forms = 0;
    for (auto const& file : files_in(folder.path())) {
        auto const name = file.filename().string();
        if (name == "x.f32" || name == "expected.json") continue;
        INFO(name);
        ++forms;
        if (auto const refusal = refusals.find(name); refusal != refusals.end())
            check_refusal(file, refusal->second);
        else
            check_logits(file, image, expected.at(name));
    }
    CHECK(forms >= 76);
}
