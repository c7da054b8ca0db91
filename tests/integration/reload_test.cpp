// Tests of SIGHUP: new weights are loaded beside the old under load, and no client notices.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"
#include "steady_load.hpp"

#include "catch.hpp"

#include <csignal>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A weights file that can be exchanged.
class weights_file {
public:
    explicit weights_file(std::filesystem::path const& good = narrow_weights()) : good_(read_file(good)) {
        std::filesystem::copy_file(SMA_SOURCE_DIR "/conf/demo/demo.labels.txt", folder_ / "w.labels.txt");
        put_good();
    }
    std::string path() const { return (folder_ / "w.safetensors").string(); }
    void put_good() const { replace_file(path(), good_); }
    void put_labels(std::string_view text) const { write_file(folder_ / "w.labels.txt", text); }
    void put_broken() const { replace_file(path(), std::string_view(good_).substr(0, good_.size() / 2)); }

private:
    temporary_folder folder_;
    std::string good_;
};

double loads(server_process const& server) { return server.metrics().value("model_loads_total"); }
double failures(server_process const& server) { return server.metrics().value("model_load_failures_total"); }

}  // namespace

TEST_CASE("reloads under load, some of them broken, lose nothing", "[operations][reloads]") {
    weights_file const weights;
    server_process server({"--weights", weights.path()});
    REQUIRE(loads(server) == 1);
    steady_load load(server.port(), 3);
    auto const rounds = scaled(20, 6);
    double good = 1;
    double broken = 0;
    for (int round = 0; round < rounds; ++round) {
        bool const breaks = round % 3 == 1;
        breaks ? weights.put_broken() : weights.put_good();
        ++(breaks ? broken : good);
        server.signal(SIGHUP);
        REQUIRE(eventually([&] { return loads(server) >= good && failures(server) >= broken; }, patience));
        CHECK(server.get("/health").status == 200);
        auto const report = require_json(server.get("/info")).at("model_loads").as_object();
        CHECK(report.contains("last_error") == breaks);
    }
    auto const before = load.answered();
    CHECK(eventually([&] { return load.answered() > before + 4; }, patience));
    load.stop();
    CHECK(load.lost() == 0);
    CHECK(load.answered() > rounds);
    CHECK(loads(server) == good);
    CHECK(failures(server) == broken);
    require_idle(server);
    CHECK(server.stop() == 0);
}

TEST_CASE("a broken reload keeps the model and says so", "[operations][reloads]") {
    weights_file const weights;
    server_process server({"--weights", weights.path()});
    auto const model = require_json(server.get("/info")).at("model");
    weights.put_broken();
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return failures(server) == 1; }, patience));
    auto const info = require_json(server.get("/info"));
    CHECK(info.at("model") == model);
    std::string const message(info.at("model_loads").at("last_error").as_string());
    CHECK(message.size() > 10);
    CHECK_THAT(message, !ContainsSubstring(weights.path()));
    CHECK(server.prints("\"level\":\"error\""));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);

    weights.put_good();
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return loads(server) == 2; }, patience));
    CHECK_FALSE(require_json(server.get("/info")).at("model_loads").as_object().contains("last_error"));
}

TEST_CASE("weights that could not be loaded at first can be put right", "[operations][reloads]") {
    weights_file const weights;
    weights.put_broken();
    server_process server({{"--weights", weights.path()}, {}, false});
    REQUIRE(server.wait_for_status("failed"));
    weights.put_good();
    server.signal(SIGHUP);
    REQUIRE(server.wait_for_status("healthy"));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    CHECK(server.stop() == 0);
}

TEST_CASE("reloads do not make memory grow", "[operations][reloads]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator keeps what is freed");
        return;
    }
    // Of the real size, and not with every batch size prepared each time.
    server_process server({"--max-batch-size", "1"});
    auto const reload_until = [&](double n) {
        server.signal(SIGHUP);
        REQUIRE(eventually([&] { return loads(server) >= n; }, patience));
        REQUIRE(server.wait_for_status("healthy"));
        require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    };
    for (int i = 2; i <= 4; ++i) reload_until(i);
    auto const before = server.stats();
    for (int i = 5; i <= 10; ++i) reload_until(i);
    auto const after = server.stats();
    INFO("resident before " << before.resident_bytes << ", after " << after.resident_bytes);
    CHECK(after.resident_bytes <= before.resident_bytes + 80 * 1024 * 1024);
    CHECK(after.descriptors <= before.descriptors + 1);
    CHECK(after.threads <= before.threads);
}

TEST_CASE("a reload that fails when the model is nearly there leaves nothing of it behind", "[operations][reloads]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator keeps what is freed");
        return;
    }
    weights_file const weights(demo_weights());
    server_process server({"--weights", weights.path(), "--max-batch-size", "1"});
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return loads(server) == 2; }, patience));
    REQUIRE(server.wait_for_status("healthy"));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    auto const before = server.stats().resident_bytes;
    weights.put_labels("one label\n");
    for (int i = 1; i <= 6; ++i) {
        server.signal(SIGHUP);
        REQUIRE(eventually([&] { return failures(server) == i; }, patience));
        INFO("resident before " << before << ", after " << server.stats().resident_bytes);
        CHECK(eventually([&] { return server.stats().resident_bytes <= before + 40 * 1024 * 1024; }, patience));
    }
}
