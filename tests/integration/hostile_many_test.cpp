// Tests of very many connections, very many requests on one, and clients that do not read their responses.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "left_behind.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <set>
#include <thread>

using namespace sma::test;

namespace {

/// How many connections this process, and a server with the same limits, may have open, at most `wanted`.
std::size_t possible_connections(std::size_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    constexpr std::size_t others = 500;
    auto const possible = static_cast<std::size_t>(limit.rlim_cur) - others;
    if (possible >= wanted) return wanted;
    WARN("only " << possible << " of " << wanted << " connections: the limit of descriptors is " << limit.rlim_cur);
    return possible;
}

double open_connections(server_process const& server) { return server.metrics().value("open_connections"); }

void require_right_answers(server_process const& server) {
    CHECK(server.get("/health").status == 200);
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
}

/// Requests that are told apart by their answers; every 500th is a prediction.
struct pipeline {
    explicit pipeline(int count) {
        for (int i = 0; i < count; ++i) {
            statuses.push_back(i % 500 == 3 ? 200 : i % 3 == 0 ? 200 : i % 3 == 1 ? 404 : 405);
            if (i % 500 == 3)
                bytes += post_image("/predict", tiny_gif);
            else if (i % 3 == 0)
                bytes += make_request("GET", "/health");
            else
                bytes += i % 3 == 1 ? make_request("GET", "/nowhere") : make_request("DELETE", "/health");
        }
    }
    std::string bytes;
    std::vector<int> statuses;
};

}  // namespace

TEST_CASE("10,000 idle connections", "[hostile]") {
    auto const count = possible_connections(static_cast<std::size_t>(scaled(10'000, 2'000)));
    server_process const server(narrow({"--max-connections", "12000", "--idle-timeout-ms", "600000"}));
    require_right_answers(server);
    unchanged const before(server);
    auto const memory = server.stats().resident_bytes;
    std::vector<connection> clients;
    clients.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        clients.emplace_back(server.port());
        if (i % 2 == 0) CHECK(clients.back().ask(make_request("GET", "/health")).status == 200);
    }
    REQUIRE(eventually([&] { return open_connections(server) >= static_cast<double>(count); }, patience));
    require_right_answers(server);
    if (!under_sanitizer) CHECK(server.stats().resident_bytes <= memory + count * 12 * 1024);
    // All of them are still there and can be used.
    for (std::size_t i = 0; i < count; i += 97) CHECK(clients[i].ask(make_request("GET", "/health")).status == 200);
    for (auto& client : clients) client.reset();
    before.require(48 * mebibyte + count * 4 * 1024);
}

TEST_CASE("more idle connections than are allowed: the oldest make room", "[hostile]") {
    server_process const server(narrow({"--max-connections", "50", "--idle-timeout-ms", "600000"}));
    require_right_answers(server);
    unchanged const before(server);
    std::vector<connection> clients;
    for (int i = 0; i < 60; ++i) clients.emplace_back(server.port());
    // A connection is old enough to go after a second.
    require_right_answers(server);
    for (auto& client : clients) client.reset();
    before.require(48 * mebibyte);
}

TEST_CASE("10,000 pipelined requests get their answers in order, and others theirs meanwhile", "[hostile]") {
    auto const& server = shared_server();
    require_right_answers(server);
    unchanged const before(server);
    pipeline const requests(scaled(10'000, 2'000));
    connection client(server.port());
    std::jthread sender([&] { client.try_send(requests.bytes); });
    std::set<std::string> ids;
    std::size_t right = 0;
    for (auto const status : requests.statuses) {
        auto const response = client.read();
        if (response.status == status) ++right;
        ids.insert(response.header("X-Correlation-ID"));
        if (ids.size() % 1'000 == 0) require_right_answers(server);
    }
    sender.join();
    CHECK(right == requests.statuses.size());
    CHECK(ids.size() == requests.statuses.size());
    CHECK(client.ask(make_request("GET", "/health")).status == 200);
    client.reset();
    before.require(48 * mebibyte);
}

TEST_CASE("10,000 pipelined requests whose client leaves among the answers", "[hostile]") {
    auto const& server = shared_server();
    require_right_answers(server);
    unchanged const before(server);
    pipeline const requests(scaled(10'000, 2'000));
    for (int i = 0; i < 5; ++i) {
        connection client(server.port());
        std::jthread sender([&] { client.try_send(requests.bytes); });
        for (int read = 0; read < 100 * i; ++read) client.read();
        ::shutdown(client.descriptor(), SHUT_RDWR);
        sender.join();
        client.reset();
    }
    before.require(48 * mebibyte);
}

TEST_CASE("clients that read no answer are cut off, and nothing is kept for them", "[hostile]") {
    server_process const server(narrow({"--write-timeout-ms", "1000"}));
    require_right_answers(server);
    unchanged const before(server);
    auto const memory = server.stats().resident_bytes;
    std::string requests;
    for (int i = 0; i < 1'000; ++i) requests += make_request("GET", "/openapi.json");
    std::vector<connection> clients;
    int const small = 4096;
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back(server.port());
        ::setsockopt(clients.back().descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        clients.back().send(requests);
    }
    require_right_answers(server);
    CHECK(open_connections(server) >= 20);
    if (!under_sanitizer) CHECK(server.stats().resident_bytes <= memory + 16 * mebibyte);
    CHECK(eventually([&] { return open_connections(server) <= 1; }, patience));
    CHECK(server.metrics().sum("http_requests_total", {"status_code=\"499\"", "endpoint=\"/openapi.json\""}) >= 20);
    clients.clear();
    before.require(48 * mebibyte);
}

TEST_CASE("a client that reads slowly and steadily gets everything", "[hostile]") {
    server_process const server(narrow({"--write-timeout-ms", "1000"}));
    auto const whole = server.get("/openapi.json").body;
    connection client(server.port());
    int const small = 64 * 1024;
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    // More than the kernel would keep for it.
    auto const count = 8'000'000 / static_cast<int>(whole.size());
    std::string requests;
    for (int i = 0; i < count; ++i) requests += make_request("GET", "/openapi.json");
    client.send(requests);
    for (int i = 0; i < count; ++i) {
        if (i < 15) std::this_thread::sleep_for(std::chrono::milliseconds(200));
        REQUIRE(client.read().body == whole);
    }
    client.reset();
    require_idle(server);
}
