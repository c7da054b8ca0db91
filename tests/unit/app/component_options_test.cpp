#include "component_options.hpp"
#include "model_preprocessing.hpp"

#include "resource_defaults.hpp"
#include "sma/core/settings.hpp"
#include "sma/image/format_names.hpp"

#include "catch.hpp"

#include "fake_root.hpp"

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

/// The settings of a machine with memory to spare.
settings default_settings() { return app::apply_resource_defaults({}, test::fake_root({}).path()); }

}  // namespace

TEST_CASE("threads follow the CPUs, and decoding has its own where a pass leaves enough", "[component_options]") {
    auto const of = [](settings const& s, int cpus) {
        auto const threads = app::choose_threads(s, cpus);
        return std::pair(threads.inference, threads.decode);
    };
    settings s;
    CHECK(of(s, 1) == std::pair(1, 1));
    CHECK(of(s, 2) == std::pair(2, 2));
    CHECK(of(s, 32) == std::pair(32, 32));
    CHECK(of(s, 36) == std::pair(32, 36));
    CHECK(of(s, 64) == std::pair(32, 32));
    s.inference_threads = 4;
    CHECK(of(s, 8) == std::pair(4, 8));
    CHECK(of(s, 16) == std::pair(4, 12));
    s.decode_threads = 3;
    CHECK(of(s, 16) == std::pair(4, 3));
}

// Each component can be used without the settings, with the same defaults.
TEST_CASE("the settings' defaults are those of the components", "[component_options]") {
    auto const s = default_settings();
    CHECK(app::http_limits(s) == http::limits());
    auto decode = app::decode_options(s);
    auto read_unasked = image::format_names();
    std::erase(read_unasked, "jxl");
    CHECK(decode.formats == read_unasked);
    decode.formats.clear();  // which means all
    CHECK(decode == image::decode_options());

    serving::decode_pool_options const pool;
    CHECK(app::decode_pool_options(s, nullptr).images_max == pool.images_max);
    CHECK(app::decode_pool_options(s, nullptr).pixels_max == pool.pixels_max);
    CHECK(worker_pool_options().parts_max == pool.images_max);

    serving::dispatcher_options const dispatcher;
    auto const of_an_only_model = app::dispatcher_options(s, nullptr, nullptr);
    CHECK(of_an_only_model.batch == dispatcher.batch);
    CHECK(of_an_only_model.max_queue_size == dispatcher.max_queue_size);
    CHECK(of_an_only_model.watchdog == dispatcher.watchdog);
    CHECK(serving::cache_options().images_max == dispatcher.max_queue_size);
}

TEST_CASE("the settings' defaults are those of the engines", "[component_options]") {
    engine::onednn_options const onednn;
    auto const o = app::onednn_options(default_settings(), 224);
    CHECK(o.precision == onednn.precision);
    CHECK(o.force == onednn.force);
    CHECK(o.max_batch_size == onednn.max_batch_size);
    CHECK(std::pair(o.height, o.width) == std::pair(onednn.height, onednn.width));

    libtorch::torch_options const torch;
    auto const t = app::torch_options(default_settings(), 224);
    CHECK(t.device == torch.device);
    CHECK(t.precision == torch.precision);
    CHECK(std::pair(t.height, t.width) == std::pair(torch.height, torch.width));
    CHECK(std::pair(input_format().height, input_format().width) == std::pair(torch.height, torch.width));
}

TEST_CASE("settings of images reach the decoder", "[component_options]") {
    settings s;
    s.exif_orientation = "ignore";
    s.color_profile = "ignore";
    s.jpeg_shrink = true;
    auto const o = app::decode_options(s);
    CHECK_FALSE(o.apply_exif_orientation);
    CHECK_FALSE(o.convert_colors);
    CHECK(o.jpeg_shrink);
    CHECK_FALSE(app::decode_options(settings()).jpeg_shrink);
}

TEST_CASE("every choice of a setting has a value", "[component_options]") {
    auto const preprocessing = [](settings const& s) {
        return app::find_preprocessing(s, "nothing.safetensors", model::file_kind::safetensors).value();
    };
    each_choice("preprocess", &settings::preprocess, preprocessing);
    each_choice("crop_mode", &settings::crop_mode, preprocessing);
    each_choice("interpolation", &settings::interpolation, preprocessing);
    each_choice("exif_orientation", &settings::exif_orientation, app::decode_options);
    each_choice("color_profile", &settings::color_profile, app::decode_options);
    each_choice("precision", &settings::precision, [](settings const& s) { return app::onednn_options(s, 224); });
    each_choice("precision", &settings::precision, [](settings const& s) { return app::torch_options(s, 224); });
}
