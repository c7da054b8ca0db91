// Fault tests of kill -9 with a server that takes the place of the first: under a socket that a service manager holds,
// on a port, and at a path.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "held_socket.hpp"
#include "left_behind.hpp"
#include "scale.hpp"
#include "unix_server.hpp"

#include "catch.hpp"

#include <atomic>
#include <csignal>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::unique_ptr<server_process> serve_on(held_socket const& socket) {
    return std::make_unique<server_process>(server_process::options{narrow(), {}, true, socket.descriptor()});
}

void kill_at_once(server_process& server) {
    server.signal(SIGKILL);
    CHECK(server.wait_for_exit(patience) == 128 + SIGKILL);
}

/// Whether the connection, on which a whole request was sent, has ended without a byte of an answer.
bool is_broken_off(connection& client) { return client.ended(patience); }

}  // namespace

TEST_CASE("kill -9 under a held socket: what waits to be accepted is answered by the next server", "[faults]") {
    held_socket const socket;
    auto first = serve_on(socket);
    require_prediction(first->ask(post_image("/predict", tiny_gif)), 5);
    connection under_way(socket.port());
    under_way.send(std::string_view(post_image("/predict", sample_bytes())).substr(0, 200));
    REQUIRE(eventually([&] { return first->metrics().value("inflight_requests") >= 2; }, patience));

    // Stopped, it accepts no more.
    first->signal(SIGSTOP);
    std::vector<connection> waiting;
    for (int i = 0; i < 10; ++i) {
        waiting.emplace_back(socket.port());
        waiting.back().send(post_image("/predict?top_k=1", sample_bytes()));
    }
    kill_at_once(*first);
    CHECK(is_broken_off(under_way));
    // Nobody serves, and still nobody is refused.
    waiting.emplace_back(socket.port());
    waiting.back().send(post_image("/predict?top_k=1", sample_bytes()));

    auto const second = serve_on(socket);
    for (auto& client : waiting) {
        auto const response = client.read();
        CHECK(top_name(require_prediction(response, 1)) == "star");
    }
    waiting.clear();
    require_idle(*second);
    CHECK(second->stop() == 0);
}

TEST_CASE("kill -9 again and again under a held socket: every request is answered or broken off, none is refused",
          "[faults]") {
    held_socket const socket;
    std::atomic<int> answered = 0;
    std::atomic<int> broken_off = 0;
    std::atomic<int> other = 0;
    std::jthread client([&](std::stop_token const& stop) {
        auto const request = post_image("/predict?top_k=1", sample_bytes());
        while (!stop.stop_requested()) {
            std::optional<connection> one;
            try {
                one.emplace(socket.port());
            } catch (client_error const&) {
                ++other;  // refused
                continue;
            }
            try {
                ++(one->ask(request).status == 200 ? answered : other);
            } catch (client_error const&) {
                ++broken_off;
            }
        }
    });
    auto const rounds = 3;
    for (int i = 0; i < rounds; ++i) {
        auto server = serve_on(socket);
        auto const before = answered.load();
        CHECK(eventually([&] { return answered > before + 3; }, patience));
        kill_at_once(*server);
    }
    auto last = serve_on(socket);
    auto const before = answered.load();
    CHECK(eventually([&] { return answered > before + 3; }, patience));
    client.request_stop();
    client.join();
    CHECK(other == 0);
    CHECK(broken_off <= rounds);
    CHECK(last->stop() == 0);
}

TEST_CASE("kill -9 with connections open: the port is free for the next server at once", "[faults]") {
    server_process first(narrow());
    auto const port = first.port();
    std::vector<connection> clients;
    for (int i = 0; i < 10; ++i) {
        clients.emplace_back(port);
        CHECK(clients.back().ask(make_request("GET", "/health")).status == 200);
    }
    kill_at_once(first);
    server_process second(server_process::options{narrow(), {}, true, {}, port});
    CHECK(second.port() == port);
    for (auto& client : clients) CHECK(is_broken_off(client));
    require_prediction(second.ask(post_image("/predict", tiny_gif)), 5);
    CHECK(second.stop() == 0);
}

TEST_CASE("kill -9 leaves the file of a Unix socket, and the next server takes its place", "[faults]") {
    temporary_folder const folder;
    auto const path = folder / "api.sock";
    {
        unix_server const first(folder / "first", {}, path);
        first.signal(SIGKILL);
    }
    CHECK(std::filesystem::exists(path));
    unix_server second(folder / "second", {}, path);
    require_prediction(second.ask(post_image("/predict", tiny_gif)), 5);
    // A living one is not pushed out.
    auto const third = run_command(server_program(), {"serve", "--unix-socket", path.string()});
    CHECK(third.status == 1);
    CHECK_THAT(third.errors, ContainsSubstring("another process is listening there"));
    CHECK(second.is_healthy());
    second.signal(SIGTERM);
    CHECK(second.wait_for_exit(patience) == 0);
}
