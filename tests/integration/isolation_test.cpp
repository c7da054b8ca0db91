// Tests of a server whose decoders break: each costs its image, and nobody else notices.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "left_behind.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace sma::test;
namespace fs = std::filesystem;

namespace {

fs::path const binaries = SMA_BINARY_DIR;

/// The program, installed with a worker whose decoder has every fault (tests/isolation/faulty_worker.cpp).
class faulty_installation {
public:
    explicit faulty_installation(bool with_worker = true) {
        fs::create_directory(folder_ / "parts");
        fs::copy_file(server_program(), program());
        for (auto const* const part : {"image.so", "engine.so"})
            fs::create_symlink(binaries / "parts" / part, folder_ / "parts" / part);
        if (with_worker) fs::create_symlink(binaries / "faulty-worker", folder_ / "parts" / "decode-worker");
    }

    fs::path program() const { return folder_ / "simple-model-api"; }
    server_process::options server(std::vector<std::string> arguments) const {
        server_process::options o{narrow(std::move(arguments)), {}};
        o.program = program();
        return o;
    }

private:
    temporary_folder folder_;
};

std::string bad_file(std::string_view fault) { return "GIF89afault:" + std::string(fault); }

std::string good_file(std::size_t n) {
    constexpr std::array names{"plain.gif", "lossy.webp", "rgb.tif", "baseline.jpg", "lossless_alpha.webp"};
    return read_file(fs::path(SMA_SOURCE_DIR) / "tests/fuzz/corpus/image" / names[n % names.size()]);
}

/// Most faults cost a worker; the last two cost time and memory, too.
std::string_view fault(std::size_t n) {
    constexpr std::array common{"segfault", "abort", "exit", "overrun", "open", "connect", "fork", "exec", "garbage"};
    if (n % 50 == 0) return "loop";
    if (n % 25 == 0) return "allocate";
    return common[n % common.size()];
}

/// Clients that send a bad file after each good one.
struct mixed_clients {
    std::atomic<int> good = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> wrong = 0;

    void run(server_process const& server, int clients, int pairs) {
        std::atomic<int> next = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < clients; ++i)
            threads.emplace_back([&] {
                connection client(server.port(), std::chrono::minutes(10));
                for (int n = next++; n < pairs; n = next++) ask_both(client, static_cast<std::size_t>(n));
            });
        for (auto& t : threads) t.join();
    }

    /// One of them.
    std::string const& wrong_answer() const { return wrong_answer_; }

private:
    void ask_both(connection& client, std::size_t n) {
        auto const whole = client.ask(post_image("/predict", good_file(n)));
        count(whole, whole.status == 200, good);
        auto const broken = client.ask(post_image("/predict", bad_file(fault(n))));
        bool const right = broken.status == 422 && broken.body.find("PREPROCESSING_FAILED") != std::string::npos;
        count(broken, right, refused);
    }
    void count(http_response const& response, bool right, std::atomic<int>& of_its_kind) {
        ++(right ? of_its_kind : wrong);
        std::lock_guard const lock(mutex_);
        if (!right) wrong_answer_ = std::to_string(response.status) + " " + response.body;
    }

    std::mutex mutex_;
    std::string wrong_answer_;
};

}  // namespace

TEST_CASE("a thousand files that break their decoder do not disturb a thousand others", "[isolation]") {
    faulty_installation const installation;
    // Time for all of them on a machine that has others to serve.
    server_process server(installation.server(
        {"--decode-timeout-ms", "1000", "--max-pixels", "1000000", "--default-timeout-ms", "600000"}));
    mixed_clients warm;
    warm.run(server, 4, 8);
    unchanged const before(server);
    auto const crashes = server.metrics().sum("decoder_crashes_total");
    int const pairs = scaled(1'000, 50);
    mixed_clients clients;
    clients.run(server, 32, pairs);
    INFO(clients.wrong_answer());
    CHECK(clients.good == pairs);
    CHECK(clients.refused == pairs);
    CHECK(clients.wrong == 0);
    before.require(16 * mebibyte);
    CHECK(server.metrics().sum("decoder_crashes_total") >= crashes + pairs * 0.9);
    auto const workers = children_of(server.id());
    CHECK(workers.size() <= std::thread::hardware_concurrency());
    CHECK(server.stop() == 0);
    for (auto const worker : workers) CHECK(::kill(worker, 0) != 0);
}

TEST_CASE("a decoder that breaks is logged with its signal and its request", "[isolation]") {
    faulty_installation const installation;
    server_process server(installation.server({"--decode-threads", "1"}));
    auto const answer = server.ask(post_image("/predict", bad_file("connect")));
    require_error(answer, 422, "PREPROCESSING_FAILED");
    CHECK(server.prints("decoder crashed"));
    bool found = false;
    for (auto const& line : server.log_lines_of(answer.header("X-Correlation-ID"))) {
        if (line.at("event").as_string() != "decoder crashed") continue;
        found = true;
        CHECK(line.at("level") == "warn");
        CHECK(line.at("format") == "gif");
        CHECK(line.at("reason") == "SIGSYS");
    }
    CHECK(found);
    CHECK(server.metrics().value("decoder_crashes_total{format=\"gif\"}") == 1);
}

TEST_CASE("a server that is killed takes its workers with it", "[isolation]") {
    server_process server(narrow({"--decode-threads", "1"}));
    CHECK(children_of(server.id()).empty());
    require_prediction(server.ask(post_image("/predict", good_file(0))), 5);
    auto const workers = children_of(server.id());
    REQUIRE(workers.size() == 1);
    server.signal(SIGKILL);
    CHECK(eventually([&] { return ::kill(workers.front(), 0) != 0; }, patience));
}

TEST_CASE("signals that end a service or come from a terminal do not end workers before their server", "[isolation]") {
    server_process server(narrow({"--decode-threads", "1"}));
    require_prediction(server.ask(post_image("/predict", good_file(0))), 5);
    auto const workers = children_of(server.id());
    REQUIRE(workers.size() == 1);
    for (int const number : {SIGTERM, SIGINT, SIGHUP}) ::kill(workers.front(), number);
    require_prediction(server.ask(post_image("/predict", good_file(0))), 5);
    CHECK(children_of(server.id()) == workers);
}

TEST_CASE("with decoder_isolation = none there are no workers", "[isolation]") {
    server_process server(narrow({"--decoder-isolation", "none"}));
    for (std::size_t n = 0; n < 5; ++n) require_prediction(server.ask(post_image("/predict", good_file(n))), 5);
    CHECK(children_of(server.id()).empty());
}

TEST_CASE("where decoders cannot be isolated the server says so and does not start", "[isolation]") {
    faulty_installation const installation(false);
    auto const refused = run_command(installation.program(), {"serve", "--port", "0"});
    CHECK(refused.status == 2);
    CHECK(refused.errors.find("decoder_isolation = \"none\"") != std::string::npos);
    auto const not_needed = installation.server({"--formats", "jpeg"});
    server_process server(not_needed);
    require_prediction(server.ask(post_image("/predict", good_file(3))), 5);
}
