#include "component_options.hpp"

#include "sma/core/settings.hpp"

#include "catch.hpp"

using namespace sma;

namespace {

/// A use of each choice of the setting, whatever it gives.
template <class Use>
void each_choice(std::string_view name, std::string settings::*member, Use use) {
    bool found = false;
    for (auto const& row : all_settings()) {
        if (row.name != name) continue;
        found = true;
        REQUIRE_FALSE(row.choices.empty());
        for (auto const choice : row.choices) {
            settings s;
            s.*member = choice;
            INFO(name << " = " << choice);
            CHECK_NOTHROW(use(s));
        }
    }
    CHECK(found);
}

}  // namespace

TEST_CASE("the presets are those of torchvision's weights", "[component_options]") {
    settings s;
    s.preprocess = "v1";
    auto const v1 = app::preprocess_options(s);
    s.preprocess = "v2";
    auto const v2 = app::preprocess_options(s);
    CHECK(v1 == image::preprocess_options{});
    CHECK(v1.resize == 256);
    CHECK(v2.resize == 232);
    CHECK(v2.crop == 224);
    CHECK(v2.mean == v1.mean);
}

TEST_CASE("settings for pre-processing reach the decoder", "[component_options]") {
    settings s;
    s.resize = 300;
    s.crop = 200;
    s.interpolation = "bicubic";
    s.exif_orientation = "ignore";
    auto const o = app::preprocess_options(s);
    CHECK(o.resize == 300);
    CHECK(o.crop == 200);
    CHECK(image::interpolation_name(o.filter) == "bicubic");
    CHECK(image::interpolation_name(app::preprocess_options(settings()).filter) == "bilinear");
    CHECK_FALSE(o.apply_exif_orientation);
}

TEST_CASE("every choice of a setting has a value", "[component_options]") {
    each_choice("preprocess", &settings::preprocess, app::preprocess_options);
    each_choice("interpolation", &settings::interpolation, app::preprocess_options);
    each_choice("exif_orientation", &settings::exif_orientation, app::preprocess_options);
    each_choice("precision", &settings::precision, app::onednn_options);
    each_choice("precision", &settings::precision, app::torch_options);
}
