// Test of the metrics with Prometheus' own tool.
#include "bodies.hpp"
#include "checks.hpp"

#include "catch.hpp"

#include <algorithm>
#include <sstream>

using namespace sma::test;

namespace {

/// Something of every kind, so that every family has a series.
void use_everything(server_process const& server) {
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    for (auto const* target : {"/health", "/info", "/metrics", "/nowhere", "/predict"}) server.get(target);
    server.ask(post_image("/predict?timeout_ms=1", sample_bytes()));
    server.ask(make_request("BREW", "/health"));
}

/// Series of a family.
std::size_t series(std::string const& text, std::string const& name) {
    std::istringstream lines(text);
    std::size_t n = 0;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name + "{")) ++n;
    return n;
}

}  // namespace

TEST_CASE("promtool finds nothing to complain about", "[operations]") {
    std::filesystem::path const promtool = "/usr/bin/promtool";
    if (!std::filesystem::exists(promtool)) {
        WARN("skipped: promtool (Debian's prometheus) is not installed");
        return;
    }
    auto const& server = shared_server();
    use_everything(server);
    temporary_folder const folder;
    write_file(folder / "metrics", server.get("/metrics").body);
    auto const checked =
        run_command("/bin/sh", {"-c", promtool.string() + " check metrics < '" + (folder / "metrics").string() + "'"});
    INFO(checked.output << checked.errors);
    CHECK(checked.status == 0);
    CHECK(checked.errors.empty());
}

TEST_CASE("clients cannot make series", "[operations]") {
    server_process const server(narrow());
    use_everything(server);
    auto const before = server.get("/metrics").body;
    for (int i = 0; i < 50; ++i) {
        auto const n = std::to_string(i);
        server.get("/nowhere" + n + "?x=" + n);
        server.ask(make_request("BREW" + n, "/health"));
        server.ask(make_request("GET", "/predict/" + n, {{"X-Correlation-ID", n}}));
    }
    auto const after = server.get("/metrics").body;
    CHECK(series(after, "http_requests_total") <= series(before, "http_requests_total") + 3);
    CHECK(series(after, "rejections_total") <= series(before, "rejections_total"));
    CHECK(std::count(after.begin(), after.end(), '\n') <= std::count(before.begin(), before.end(), '\n') + 40);
}
