// Fault tests of a container's memory limit: defaults that fit into it, and the kernel's kill beyond it.
#include "bodies.hpp"
#include "checks.hpp"
#include "memory_cgroup.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <csignal>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

using namespace sma::test;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
/// The server with the demo model, and a few large images at a time. A sanitizer keeps what was freed.
constexpr std::size_t small_container = (under_sanitizer ? 2048 : 512) * mebibyte;

std::unique_ptr<server_process> serve_in(memory_cgroup const& cgroup) {
    std::unique_ptr<server_process> server;
    cgroup.run_inside([&] { server = std::make_unique<server_process>(); });
    return server;
}

/// The statuses that eight clients see who each send a few images of 10 MB; 0 for none.
std::set<int> flood(std::uint16_t port) {
    auto const request = post_image("/predict?top_k=1", make_bmp(2000, 1700));
    std::mutex mutex;
    std::set<int> seen;
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([&] {
            for (int n = 0; n < 4; ++n) {
                int status = 0;
                try {
                    status = connection(port).ask(request).status;
                } catch (client_error const&) {
                    status = 0;
                }
                std::lock_guard const lock(mutex);
                seen.insert(status);
            }
        });
    clients.clear();
    return seen;
}

}  // namespace

TEST_CASE("in a container of half a gibibyte large images are answered or refused, and nobody is killed", "[faults]") {
    auto const cgroup = memory_cgroup::make(small_container);
    if (!cgroup) return;
    auto const server = serve_in(*cgroup);
    auto seen = flood(server->port());
    CHECK(seen.erase(200) == 1);
    seen.erase(503);
    CHECK(seen == std::set<int>{});
    CHECK(cgroup->kills() == 0);
    require_prediction(server->ask(post_image("/predict", sample_bytes())), 5);
    CHECK(server->stop() == 0);
}

TEST_CASE("beyond its cgroup's limit the kernel kills the server, and the next one serves", "[faults]") {
    auto const cgroup = memory_cgroup::make(small_container);
    if (!cgroup) return;
    auto const first = serve_in(*cgroup);
    require_prediction(first->ask(post_image("/predict", sample_bytes())), 5);
    cgroup->set_limit(cgroup->used_bytes() + 4 * mebibyte);
    CHECK(flood(first->port()).contains(0));
    CHECK(first->wait_for_exit(patience) == 128 + SIGKILL);
    CHECK(cgroup->kills() == 1);

    cgroup->set_limit(small_container);
    auto const second = serve_in(*cgroup);
    require_prediction(second->ask(post_image("/predict", sample_bytes())), 5);
    CHECK(second->stop() == 0);
}
