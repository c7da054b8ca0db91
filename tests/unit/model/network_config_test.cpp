#include "network_config.hpp"

#include "model_files.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("network config: a ResNet that computes something else with the same tensors is refused",
          "[network_config]") {
    struct config {
        char const* text;
        char const* why;  ///< empty: it is computed
    };
    scratch_folder const folder;
    auto const weights = folder / "model.safetensors";
    CHECK(model::check_network_config(weights));
    for (auto const& c : std::vector<config>{
             {R"({"model_type": "resnet", "downsample_in_bottleneck": false, "hidden_act": "relu"})", ""},
             {R"({"model_type": "resnet", "downsample_in_bottleneck": true})", "downsample_in_bottleneck"},
             {R"({"model_type": "resnet", "downsample_in_first_stage": true})", "downsample_in_first_stage"},
             {R"({"model_type": "resnet", "hidden_act": "gelu"})", "gelu"},
             {R"({"model_type": "vit", "hidden_act": "gelu"})", ""},
             {R"({"architecture": "resnet50"})", ""},
             {R"({"architecture": "resnetblur50"})", "resnetblur50"},
             {R"({"architecture": "resnetaa50d"})", "resnetaa50d"},
             {R"({"architecture": "resnet50", "global_pool": "avg", "model_args": null})", ""},
             {R"({"architecture": "resnet50", "global_pool": "max"})", "global_pool = max: expected avg"},
             {R"({"model_args": {"aa_layer": "avgpool"}})", "aa_layer = avgpool"},
             {R"({"model_args": {"output_stride": 8}})", "output_stride = 8: expected 32"},
             {R"({"model_args": {"in_chans": 1}})", "in_chans = 1: expected 3"},
             {R"({"model_args": {"global_pool": "avgmax"}})", "global_pool = avgmax: expected avg"},
             {R"({"model_args": {"global_pool": ""}})", "global_pool"},
             {R"({"model_args": {"act_layer": "silu"}})", "act_layer = silu: expected relu"},
             {R"({"model_args": {"replace_stem_pool": true}})", "replace_stem_pool = true"},
             {R"({"model_args": {"num_classes": 5, "block_args": {"attn_layer": "se"}}})", "block_args"},
             {R"({"model_args": {"num_classes": 5, "in_chans": 3, "global_pool": "avg", "output_stride": 32,
                                 "layers": [3, 4, 6, 3], "cardinality": 32, "base_width": 4, "drop_rate": 0.1,
                                 "aa_layer": "", "avg_down": false, "block_args": {}, "drop_path_rate": null}})",
              ""},
             {R"({"model_args": ["aa_layer"]})", ""},
             {R"({"architecture": 50})", ""},
             {R"(["architecture"])", ""},
             {"architecture: resnetblur50", ""},
             {"", ""},
         }) {
        INFO(c.text);
        folder.write("config.json", c.text);
        auto const checked = model::check_network_config(weights);
        REQUIRE(checked.has_value() == (*c.why == '\0'));
        if (!checked) CHECK_THAT(checked.error().message, ContainsSubstring(c.why));
    }
}

TEST_CASE("network config: a file's name may say anti-aliasing", "[network_config]") {
    for (auto const* const name : {"resnetblur50_84f4748f.pth", "resnetaa50.safetensors", "/srv/ResNetAA101d-best.ckpt",
                                   "my_seresnextaa101d_32x8d.safetensors.index.json"}) {
        INFO(name);
        auto const checked = model::check_file_name(name);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code == errc::invalid_weights);
        CHECK_THAT(checked.error().message, ContainsSubstring(std::filesystem::path(name).filename().string()) &&
                                                ContainsSubstring("anti-aliasing") && ContainsSubstring("rename"));
    }
    // Networks that look for blur, and people, have names of their own.
    for (auto const* const name : {"resnet50.pth", "motion_blur_resnet50.pth", "resnetblur.pth", "resnet_aaron.pth",
                                   "resnetaaron-resnetblur.pth", "/srv/resnetaa50/model.safetensors", ""}) {
        INFO(name);
        CHECK(model::check_file_name(name));
    }
}

TEST_CASE("network config: a file's metadata may say anti-aliasing", "[network_config]") {
    CHECK(model::check_metadata({}));
    CHECK(model::check_metadata({{"architecture", "ResNet-50"}, {"model_name", "blur-detector"}, {"format", "pt"}}));
    CHECK(model::check_metadata({{"description", "resnetblur50"}}));
    for (auto const* const key : {"architecture", "model_name"}) {
        INFO(key);
        auto const checked = model::check_metadata({{key, "resnetblur50.bt_in1k"}});
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code == errc::invalid_weights);
        CHECK_THAT(checked.error().message, ContainsSubstring("the network is resnetblur50.bt_in1k"));
    }
}
