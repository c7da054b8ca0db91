// Tests of `simple-model-api health`, the health check of containers.
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <csignal>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

command_result health(std::vector<std::string> arguments, std::map<std::string, std::string> const& environment = {}) {
    arguments.insert(arguments.begin(), "health");
    return run_command(server_program(), arguments, environment);
}

std::string url_of(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

}  // namespace

TEST_CASE("health: 0 from a server that may be used, found by URL, environment or file", "[operations]") {
    auto const port = shared_server().port();
    auto const by_url = health({"--url", url_of(port)});
    CHECK(by_url.status == 0);
    CHECK_THAT(by_url.output, StartsWith("200 {\"status\": \"healthy\""));
    CHECK(health({}, {{"SMA_PORT", std::to_string(port)}}).status == 0);
    CHECK(health({}, {{"SMA_PORT", std::to_string(port)}, {"SMA_HOST", "0.0.0.0"}}).status == 0);
    temporary_folder const folder;
    auto const file = (folder / "c.toml").string();
    write_file(file, "port = " + std::to_string(port) + "\n");
    CHECK(health({"--config", file}).status == 0);
    CHECK(health({}, {{"SMA_CONFIG", file}}).status == 0);
}

TEST_CASE("health: 1 while loading has failed, while draining, and where nobody is", "[operations]") {
    server_process server(
        server_process::options{{"--weights", "/nonexistent.safetensors", "--drain-grace-ms", "60000"}, {}, false});
    REQUIRE(server.wait_for_status("failed"));
    auto const failed = health({"--url", url_of(server.port())});
    CHECK(failed.status == 1);
    CHECK_THAT(failed.output, StartsWith("503 {\"status\": \"failed\""));
    server.signal(SIGTERM);
    REQUIRE(server.wait_for_status("draining"));
    CHECK(health({"--url", url_of(server.port())}).status == 1);
    server.signal(SIGTERM);
    REQUIRE(server.wait_for_exit(patience));
    auto const nobody = health({"--url", url_of(server.port())});
    CHECK(nobody.status == 1);
    CHECK(nobody.output.empty());
    CHECK_THAT(nobody.errors, ContainsSubstring(url_of(server.port())));
    CHECK(health({"--unix-socket", "/nonexistent.sock"}).status == 1);
}

TEST_CASE("health: 1 from a server that does not answer, within the time given", "[operations]") {
    // A server that is stopped accepts in the kernel and never answers.
    server_process server(narrow());
    server.signal(SIGSTOP);
    auto const begin = std::chrono::steady_clock::now();
    CHECK(health({"--url", url_of(server.port()), "--timeout-ms", "300"}).status == 1);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(scaled(5, 30)));
    server.signal(SIGCONT);
    CHECK(server.stop() == 0);
}

TEST_CASE("health: wrong usage", "[operations]") {
    CHECK(health({"--url", "ftp://x"}).status == 1);
    CHECK(health({"--url", "http://x", "--unix-socket", "y"}).status == 2);
    CHECK(health({}, {{"SMA_PORT", "http"}}).status == 1);
}
