// Tests of pre-processing that a model's files ask for: what is served with them is what the same settings give.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <csignal>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The narrow model in a folder of its own, with files beside it that can be exchanged.
class model_folder {
public:
    model_folder() {
        std::filesystem::copy_file(narrow_weights(), weights());
        std::filesystem::copy_file(SMA_SOURCE_DIR "/conf/demo/demo.labels.txt", folder_ / "model.labels.txt");
    }
    std::string weights() const { return (folder_ / "model.safetensors").string(); }
    void put(std::string const& name, std::string const& text) const { write_file(folder_ / name, text); }
    void remove(std::string const& name) const { std::filesystem::remove(folder_ / name); }

private:
    temporary_folder folder_;
};

std::string timm_config(int side, std::string const& mode) {
    auto const pixels = std::to_string(side);
    return R"({"architecture": "resnet50", "pretrained_cfg": {"input_size": [3, )" + pixels + ", " + pixels +
           R"(], "crop_pct": 0.875, "crop_mode": ")" + mode +
           R"(", "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}})";
}

/// A picture that a worker decodes, and one that the server does.
std::vector<std::string> pictures() {
    return {read_file(SMA_SOURCE_DIR "/tests/fuzz/corpus/image/quadrants.avif"), sample_bytes("heart-1.png"),
            sample_bytes("cross-2.jpg")};
}

std::vector<boost::json::value> answers_of(server_process const& server) {
    std::vector<boost::json::value> answers;
    for (auto const& picture : pictures())
        answers.push_back(require_json(server.ask(post_image("/predict?top_k=12", picture))).at("predictions"));
    return answers;
}

boost::json::value preprocessing(server_process const& server) { return server.get_json("/info").at("preprocessing"); }

std::string source(server_process const& server) { return std::string(preprocessing(server).at("source").as_string()); }

int input_side(server_process const& server) {
    auto const metadata = server.get_json("/v2/models/resnet50");
    INFO(boost::json::serialize(metadata));
    for (auto const& input : metadata.at("inputs").as_array()) {
        auto const& shape = input.at("shape").as_array();
        if (shape.size() == 4) return shape[3].to_number<int>();
    }
    return 0;
}

void reload(server_process const& server, double loads) {
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return server.metrics().value("model_loads_total") >= loads; }, patience));
}

}  // namespace

TEST_CASE("a file beside the weights gives the answers of the same settings, with and without workers",
          "[operations]") {
    for (auto const* const isolation : {"process", "none"}) {
        INFO(isolation);
        model_folder const model;
        server_process const plain({"--weights", model.weights(), "--decoder-isolation", isolation});
        CHECK(source(plain) == "default (v1 of torchvision)");
        model.put("config.json", timm_config(192, "squash"));
        server_process const with_file({"--weights", model.weights(), "--decoder-isolation", isolation});
        CHECK(source(with_file) == "config.json beside the weights");
        CHECK(preprocessing(with_file).at("resize").to_number<int>() == 219);
        CHECK(preprocessing(with_file).at("crop_mode") == "squash");
        server_process const with_settings({"--weights", model.weights(), "--decoder-isolation", isolation,
                                            "--preprocess", "v1", "--resize", "219", "--crop", "192", "--crop-mode",
                                            "squash", "--interpolation", "bicubic", "--mean", "0.5,0.5,0.5", "--std",
                                            "0.25,0.25,0.25"});
        CHECK(source(with_settings) ==
              "v1 of torchvision; settings: resize, crop, crop_mode, interpolation, mean, std");
        auto const answers = answers_of(with_file);
        CHECK(answers == answers_of(with_settings));
        CHECK(answers != answers_of(plain));
    }
}

TEST_CASE("a reload takes the pre-processing of the new files, and input and cache follow", "[operations][reloads]") {
    for (auto const* const isolation : {"process", "none"}) {
        INFO(isolation);
        model_folder const model;
        server_process const server(
            {"--weights", model.weights(), "--decoder-isolation", isolation, "--cache-size-mb", "8"});
        auto const before = answers_of(server);
        CHECK(answers_of(server) == before);  // from the cache
        CHECK(input_side(server) == 224);

        // The weights are the same bytes: only their pre-processing changes, to a larger input and to a smaller one.
        double loads = 1;
        for (int const side : {288, 160}) {
            model.put("config.json", timm_config(side, "center"));
            reload(server, ++loads);
            CHECK(input_side(server) == side);
            CHECK(preprocessing(server).at("crop").to_number<int>() == side);
            server_process const fresh({"--weights", model.weights(), "--decoder-isolation", isolation});
            auto const after = answers_of(server);
            CHECK(after == answers_of(fresh));
            CHECK(after != before);
        }
        model.remove("config.json");
        reload(server, ++loads);
        CHECK(answers_of(server) == before);
        require_idle(server);
    }
}

TEST_CASE("a file that asks for what is not computed keeps the old model", "[operations]") {
    model_folder const model;
    server_process const server({"--weights", model.weights()});
    auto const before = answers_of(server);
    model.put("config.json", R"({"pretrained_cfg": {"interpolation": "lanczos"}})");
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return server.metrics().value("model_load_failures_total") == 1; }, patience));
    std::string const message(server.get_json("/info").at("model_loads").at("last_error").as_string());
    CHECK_THAT(message, ContainsSubstring("lanczos") && ContainsSubstring("config.json beside the weights"));
    CHECK(answers_of(server) == before);

    auto const inspected = run_command(server_program(), {"model", "inspect", model.weights()});
    CHECK(inspected.status == 1);
    CHECK_THAT(inspected.output, ContainsSubstring("lanczos"));
    model.put("config.json", timm_config(192, "center"));
    auto const good = run_command(server_program(), {"model", "inspect", model.weights()});
    CHECK(good.status == 0);
    CHECK_THAT(good.output, ContainsSubstring("resize 219, crop 192, crop_mode center, interpolation bicubic") &&
                                ContainsSubstring("from: config.json beside the weights"));
}
