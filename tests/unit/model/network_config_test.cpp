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
