// Tests of the order in which pre-processing is looked for.
#include "model_preprocessing.hpp"

#include "files.hpp"
#include "resource_defaults.hpp"
#include "sma/image/preprocess_text.hpp"

#include "catch_result.hpp"

#include "fake_root.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Asks for 320 pixels of 384, bicubic.
constexpr char const* timm_config = R"({"pretrained_cfg": {"input_size": [3, 320, 320], "crop_pct": 0.85,
                                        "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}})";

struct model_folder {
    explicit model_folder(char const* config = timm_config) { write_file(folder / "config.json", config); }

    result<app::model_preprocessing> find(settings const& s) const {
        return app::find_preprocessing(s, weights(), model::file_kind::pth);
    }
    std::filesystem::path weights() const { return folder / "model.pth"; }

    temporary_folder folder;
};

std::string text_of(result<app::model_preprocessing> const& found) { return image::preprocess_text(found->options); }

}  // namespace

TEST_CASE("torchvision's pre-processing is that of weights whose files say nothing", "[preprocessing]") {
    auto const found = model_folder("{}").find({});
    REQUIRE(found);
    CHECK(found->options == image::preprocess_options{});
    CHECK(found->source == "default (v1 of torchvision)");
}

TEST_CASE("files beside the weights come before the default", "[preprocessing]") {
    auto const found = model_folder().find({});
    REQUIRE(found);
    CHECK(text_of(found) ==
          "resize 376, crop 320, crop_mode center, interpolation bicubic, mean 0.5, 0.5, 0.5, std 0.25, 0.25, 0.25");
    CHECK(found->source == "config.json beside the weights");
}

TEST_CASE("preprocess = v1 or v2 comes before the files", "[preprocessing]") {
    settings s;
    s.preprocess = "v1";
    auto const v1 = model_folder().find(s);
    REQUIRE(v1);
    CHECK(v1->options == image::preprocess_options{});
    CHECK(v1->source == "v1 of torchvision");
    s.preprocess = "v2";
    auto const v2 = model_folder().find(s);
    REQUIRE(v2);
    CHECK(v2->options.resize == 232);
    CHECK(v2->options.crop == 224);
    CHECK(v2->options.mean == v1->options.mean);
}

TEST_CASE("a setting replaces one value, whatever the rest comes from", "[preprocessing]") {
    settings s;
    s.crop = 288;
    s.mean = {0.1, 0.2, 0.3};
    auto const found = model_folder().find(s);
    REQUIRE(found);
    CHECK(text_of(found) ==
          "resize 376, crop 288, crop_mode center, interpolation bicubic, mean 0.1, 0.2, 0.3, std 0.25, 0.25, 0.25");
    CHECK(found->source == "config.json beside the weights; settings: crop, mean");
    s.preprocess = "v2";
    CHECK(model_folder().find(s)->options.resize == 232);
    CHECK(model_folder().find(s)->source == "v2 of torchvision; settings: crop, mean");
}

TEST_CASE("files that ask for what is not computed are an error until the settings say all", "[preprocessing]") {
    model_folder const with(R"({"pretrained_cfg": {"interpolation": "lanczos"}})");
    settings s;
    auto const refused = with.find(s);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::unsupported);
    CHECK_THAT(refused.error().message, ContainsSubstring("lanczos"));
    s.resize = 300;
    s.crop = 200;
    s.crop_mode = "squash";
    s.interpolation = "bilinear";
    s.mean = {0.5, 0.5, 0.5};
    CHECK_FALSE(with.find(s));
    s.std = {1, 1, 1};
    auto const found = with.find(s);
    REQUIRE(found);
    CHECK(text_of(found) ==
          "resize 300, crop 200, crop_mode squash, interpolation bilinear, mean 0.5, 0.5, 0.5, std 1, 1, 1");
}

TEST_CASE("the default of the queue follows the size of the model's input", "[preprocessing][resource_defaults]") {
    model_folder const with;
    constexpr std::int64_t mebibyte = 1024 * 1024;
    fake_root const root({{"proc/meminfo", "MemTotal: 16777216 kB\n"},
                          {"proc/self/cgroup", "0::/pod\n"},
                          {"sys/fs/cgroup/pod/memory.max", std::to_string(512 * mebibyte)}});
    settings s;
    s.weights = with.weights();
    CHECK(app::apply_resource_defaults(s, root.path()).max_queue_size == 512 * mebibyte / 8 / (320 * 320 * 3 * 4));
    s.preprocess = "v1";
    CHECK(app::apply_resource_defaults(s, root.path()).max_queue_size == 512 * mebibyte / 8 / (224 * 224 * 3 * 4));
    s.crop = 400;
    CHECK(app::apply_resource_defaults(s, root.path()).max_queue_size == 512 * mebibyte / 8 / (400 * 400 * 3 * 4));
}
