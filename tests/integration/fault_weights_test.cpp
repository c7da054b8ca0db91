// Fault tests of a weights file that is shortened, removed or replaced before, while and after it is read.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"
#include "steady_load.hpp"
#include "tensor_file.hpp"

#include "catch.hpp"

#include <sys/stat.h>

#include <csignal>
#include <random>
#include <thread>

using namespace sma::test;

namespace {

/// A weights file of the test's own that is changed in place, as nobody should.
class changed_file {
public:
    explicit changed_file(std::filesystem::path const& good) : good_(read_file(good)) {
        std::filesystem::copy_file(SMA_SOURCE_DIR "/conf/demo/demo.labels.txt", folder_ / "w.labels.txt");
        restore();
    }
    std::string path() const { return (folder_ / "w.safetensors").string(); }
    std::size_t size() const { return good_.size(); }
    void shorten(std::size_t bytes) const { std::filesystem::resize_file(path(), bytes); }
    void remove() const { std::filesystem::remove(path()); }
    void restore() const { write_file(path(), good_); }

private:
    temporary_folder folder_;
    std::string good_;
};

/// Two weights files that a client can tell apart, in turn under one name.
class exchanged_file {
public:
    exchanged_file() {
        std::filesystem::copy_file(SMA_SOURCE_DIR "/conf/demo/demo.labels.txt", folder_ / "w.labels.txt");
        tensor_file blind(demo_weights());
        sure_ = blind.bytes();
        blind.fill("bn1.weight", 0);
        blind.fill("bn1.bias", 0);
        blind_ = blind.bytes();
        put_sure();
    }
    std::string path() const { return (folder_ / "w.safetensors").string(); }
    void put_sure() const { replace_file(path(), sure_); }
    /// Sees nothing of a picture.
    void put_blind() const { replace_file(path(), blind_); }

private:
    temporary_folder folder_;
    std::string sure_;
    std::string blind_;
};

double loads(server_process const& server) { return server.metrics().value("model_loads_total"); }
double failures(server_process const& server) { return server.metrics().value("model_load_failures_total"); }

void require_right(server_process const& server) {
    auto const response = server.ask(post_image("/predict", sample_bytes()));
    CHECK(top_name(require_prediction(response, 5)) == "star");
    CHECK(server.get("/health").status == 200);
}

std::string weights_sum(server_process const& server) {
    return std::string(require_json(server.get("/info")).at("model").at("weights_sha256").as_string());
}

bool is_sure(server_process const& server) {
    auto const prediction = require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    return prediction.at("predictions").at(0).at("confidence").to_number<double>() > 0.5;
}

}  // namespace

TEST_CASE("a model instance does not need its file any more", "[faults][reloads]") {
    changed_file const file(narrow_weights());
    auto const engine = GENERATE(as<std::string>{}, "onednn", "torch");
    server_process server({"--weights", file.path(), "--engine", engine});
    require_right(server);
    auto const refused = [&](double n) {
        server.signal(SIGHUP);
        CHECK(eventually([&] { return failures(server) == n; }, patience));
        require_right(server);
    };
    file.shorten(0);
    require_right(server);
    refused(1);
    file.restore();
    file.shorten(file.size() / 2);
    require_right(server);
    refused(2);
    file.remove();
    require_right(server);
    refused(3);
    file.restore();
    server.signal(SIGHUP);
    CHECK(eventually([&] { return loads(server) == 2; }, patience));
    require_right(server);
    CHECK(server.stop() == 0);
}

TEST_CASE("a file that is shortened or removed while it is read is a reload that failed, or one that was quicker",
          "[faults][reloads]") {
    changed_file const file(demo_weights());
    server_process server({"--weights", file.path(), "--max-batch-size", "1"});
    steady_load load(server.port(), 1);
    std::mt19937 random(7);
    auto const rounds = scaled(12, 4);
    for (int round = 0; round < rounds; ++round) {
        auto const done = loads(server) + failures(server);
        server.signal(SIGHUP);
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % static_cast<unsigned>(scaled(150, 600))));
        round % 4 == 3 ? file.remove() : file.shorten(random() % file.size());
        REQUIRE(eventually([&] { return loads(server) + failures(server) > done; }, patience));
        file.restore();
    }
    load.stop();
    CHECK(load.lost() == 0);
    CHECK(load.answered() > 0);
    require_right(server);
    CHECK(server.stop() == 0);
}

TEST_CASE("whenever weights are exchanged for others, what is predicted is of those that /info names",
          "[faults][reloads]") {
    exchanged_file const file;
    server_process server({"--weights", file.path(), "--cache-size-mb", "1", "--max-batch-size", "1"});
    auto const sum_of_sure = weights_sum(server);
    REQUIRE(is_sure(server));
    file.put_blind();
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return loads(server) == 2; }, patience));
    REQUIRE_FALSE(is_sure(server));
    REQUIRE(weights_sum(server) != sum_of_sure);
    std::mt19937 random(11);
    auto const rounds = scaled(40, 6);
    for (int round = 0; round < rounds; ++round) {
        auto const done = loads(server) + failures(server);
        server.signal(SIGHUP);
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % static_cast<unsigned>(scaled(150, 600))));
        round % 2 == 0 ? file.put_sure() : file.put_blind();
        REQUIRE(eventually([&] { return loads(server) + failures(server) > done; }, patience));
        INFO("round " << round);
        REQUIRE(is_sure(server) == (weights_sum(server) == sum_of_sure));
    }
    CHECK(server.stop() == 0);
}

TEST_CASE("weights that are a pipe, a folder or a device are an error that is told, not a wait", "[faults]") {
    temporary_folder const folder;
    std::filesystem::create_directory(folder / "folder");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    for (auto const& path : {folder / "folder", folder / "pipe", std::filesystem::path("/dev/zero")}) {
        INFO(path);
        server_process server(server_process::options{{"--weights", path.string()}, {}, false});
        CHECK(server.wait_for_status("failed"));
        CHECK(server.stop() == 0);
    }
}
