// Tests of systemd's view: notifications in order, and sockets that it holds while the service restarts.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "held_socket.hpp"
#include "notify_socket.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <time.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// The next message that is no sign of life.
std::string next_change(notify_socket& manager) {
    auto message = manager.next(patience);
    while (message == "WATCHDOG=1") message = manager.next(patience);
    return message;
}

long long monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
}

/// RELOADING, with a time between the two.
void require_reloading(std::string const& message, long long from, long long to) {
    std::string const begin = "RELOADING=1\nMONOTONIC_USEC=";
    INFO(message);
    REQUIRE(message.starts_with(begin));
    auto const when = std::stoll(message.substr(begin.size()));
    CHECK(when >= from);
    CHECK(when <= to);
}

/// Clients that ask once a connection until told to stop.
class one_shot_clients {
public:
    one_shot_clients(std::uint16_t port, int clients) {
        for (int i = 0; i < clients; ++i) threads_.emplace_back([this, port] { run(port); });
    }
    ~one_shot_clients() { stop(); }
    void stop() {
        stopping_ = true;
        for (auto& t : threads_)
            if (t.joinable()) t.join();
    }
    int answered() const { return answered_; }
    int lost() const { return lost_; }

private:
    void run(std::uint16_t port) {
        header_list const headers{{"Content-Type", "image/jpeg"}, {"Connection", "close"}};
        auto const request = make_request("POST", "/predict?top_k=1", headers, sample_bytes());
        while (!stopping_) {
            try {
                ++(ask_once(port, request).status == 200 ? answered_ : lost_);
            } catch (client_error const&) {
                ++lost_;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    std::atomic<bool> stopping_ = false;
    std::atomic<int> answered_ = 0;
    std::atomic<int> lost_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("the service manager is told of every change, in order", "[operations]") {
    notify_socket manager;
    server_process server({narrow({"--drain-grace-ms", "700", "--drain-timeout-ms", "2000"}),
                           {{"NOTIFY_SOCKET", manager.path()}, {"WATCHDOG_USEC", "400000"}},
                           false});
    CHECK(next_change(manager) == "STATUS=Loading the model");
    CHECK(next_change(manager) == "STATUS=Warming up");
    CHECK(next_change(manager) == "READY=1\nSTATUS=Serving");
    CHECK(server.get("/health").status == 200);

    auto const before = monotonic_us();
    server.signal(SIGHUP);
    auto const reloading = next_change(manager);
    require_reloading(reloading, before, monotonic_us());
    CHECK(next_change(manager) == "READY=1\nSTATUS=Serving");

    for (int i = 0; i < 4; ++i) CHECK(manager.next(patience) == "WATCHDOG=1");
    server.signal(SIGTERM);
    CHECK(next_change(manager) == "STOPPING=1\nEXTEND_TIMEOUT_USEC=17700000\nSTATUS=Draining");
    CHECK(manager.next(patience) == "WATCHDOG=1");
    CHECK(server.wait_for_exit(patience) == 0);
    for (auto const& message : manager.waiting()) CHECK(message == "WATCHDOG=1");
}

TEST_CASE("a model that cannot be loaded is not READY, and the manager is told why", "[operations]") {
    notify_socket manager;
    server_process const server(
        {{"--weights", "/nonexistent.safetensors"}, {{"NOTIFY_SOCKET", manager.path()}}, false});
    CHECK(next_change(manager) == "STATUS=Loading the model");
    auto const failed = next_change(manager);
    CHECK_THAT(failed, StartsWith("STATUS=The model could not be loaded: "));
    CHECK_THAT(failed, !ContainsSubstring("READY"));
}

TEST_CASE("a passed socket is used in place of one's own, once the model is there", "[operations]") {
    held_socket const socket;
    // Sent before there is a server at all.
    connection early(socket.port());
    early.send(post_image("/predict?top_k=1", sample_bytes()));
    server_process server({narrow(), {}, false, socket.descriptor()});
    CHECK(server.port() == socket.port());
    auto const response = early.read();
    REQUIRE(response.status == 200);
    CHECK(top_name(require_json(response)) == "star");
    CHECK(server.stop() == 0);
}

TEST_CASE("a restart under load refuses no connection of a passed socket", "[operations]") {
    held_socket const socket;
    auto const start = [&] {
        return std::make_unique<server_process>(server_process::options{narrow(), {}, false, socket.descriptor()});
    };
    auto server = start();
    one_shot_clients clients(socket.port(), 3);
    for (int restarts = 0; restarts < 2; ++restarts) {
        auto const before = clients.answered();
        REQUIRE(eventually([&] { return clients.answered() > before + 5; }, patience));
        CHECK(server->stop() == 0);
        server = start();
    }
    auto const before = clients.answered();
    CHECK(eventually([&] { return clients.answered() > before + 5; }, patience));
    clients.stop();
    CHECK(clients.lost() == 0);
}

TEST_CASE("a passed Unix socket is used and its file stays", "[operations]") {
    temporary_folder const folder;
    auto const path = (folder / "http").string();
    held_socket const socket(path);
    process server({server_program(), narrow({"serve"}), {}, folder / "out", folder / "err", socket.descriptor()});
    // The connection waits until the model is there.
    auto const healthy = run_command(server_program(), {"health", "--unix-socket", path, "--timeout-ms", "20000"});
    INFO(healthy.output << healthy.errors << read_file(folder / "err"));
    CHECK(healthy.status == 0);
    CHECK_THAT(read_file(folder / "out"), StartsWith("listening on unix:" + path + "\n"));
    server.signal(SIGTERM);
    CHECK(server.wait(patience) == 0);
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("systemd-socket-activate passes a socket", "[operations]") {
    std::filesystem::path const program = "/usr/bin/systemd-socket-activate";
    if (!std::filesystem::exists(program)) {
        WARN("skipped: systemd is not installed");
        return;
    }
    temporary_folder const folder;
    auto const path = (folder / "http").string();
    process server({program,
                    narrow({"--listen=" + path, server_program().string(), "serve"}),
                    {},
                    folder / "out",
                    folder / "err"});
    REQUIRE(eventually([&] { return std::filesystem::exists(path); }, patience));
    auto const healthy = run_command(server_program(), {"health", "--unix-socket", path, "--timeout-ms", "20000"});
    INFO(healthy.output << healthy.errors << read_file(folder / "err"));
    CHECK(healthy.status == 0);
    server.signal(SIGTERM);
    CHECK(server.wait(patience) == 0);
}
