// Fault tests of the clock, set back and forward while the server runs: logs and headers show the new time, and nothing
// waits longer or shorter for it.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include <boost/json/value.hpp>
#include "catch.hpp"

#include <time.h>

#include <cstdlib>

using namespace sma::test;

namespace {

/// A server whose clock the test can set.
class timeless_server {
public:
    explicit timeless_server(std::vector<std::string> arguments)
        : server_({narrow(std::move(arguments)), environment(), true}) {}

    server_process& server() { return server_; }
    void set_off(long seconds) const { replace_file(trigger(), std::to_string(seconds)); }

private:
    std::string trigger() const { return folder_ / "offset"; }
    std::map<std::string, std::string> environment() const {
        // A sanitizer wants to be the first library; it works as the second.
        auto const* options = std::getenv("ASAN_OPTIONS");
        return {{"LD_PRELOAD", SMA_CLOCK_SHIM},
                {"CLOCK_SHIM_TRIGGER", trigger()},
                {"ASAN_OPTIONS", std::string(options ? options : "") + ":verify_asan_link_order=0"}};
    }

    temporary_folder folder_;
    server_process server_;
};

/// How far the server's clock is off, by the Date header of an answer.
long offset_of(http_response const& response) {
    tm parts{};
    REQUIRE(::strptime(response.header("Date").c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) != nullptr);
    return ::timegm(&parts) - ::time(nullptr);
}

bool is_about(long seconds, long expected) { return std::abs(seconds - expected) <= 30; }

double seconds_until_ended(connection& client) {
    auto const begin = std::chrono::steady_clock::now();
    CHECK(client.ended(patience));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("the clock is set while limits run: they end when they should", "[faults]") {
    auto const hour = GENERATE(-3'600L, 3'600L);
    timeless_server timeless({"--idle-timeout-ms", "1000", "--header-timeout-ms", "1000", "--rate-limit-requests-per-s",
                              "5", "--rate-limit-burst", "5"});
    auto& server = timeless.server();
    CHECK(is_about(offset_of(server.get("/health")), 0));

    connection idle(server.port());
    CHECK(idle.ask(make_request("GET", "/health")).status == 200);
    connection slow(server.port());
    slow.send("GET /health HTTP/1.1\r\nHos");
    connection limited(server.port());
    int allowed = 0;
    while (limited.ask(make_request("GET", "/info")).status == 200) REQUIRE(++allowed < 100);
    CHECK(allowed >= 5);

    timeless.set_off(hour);
    auto const health = server.get("/health");
    CHECK(is_about(offset_of(health), hour));
    // Not at once, as a clock set forward would have it, nor in an hour.
    CHECK(limited.ask(make_request("GET", "/info")).status == 429);
    CHECK(eventually([&] { return limited.ask(make_request("GET", "/info")).status == 200; }, patience));
    require_error(slow.read(), 408, "REQUEST_TIMEOUT");
    CHECK(idle.ended(patience));

    connection next(server.port());
    CHECK(next.ask(make_request("GET", "/health")).status == 200);
    auto const waited = seconds_until_ended(next);
    CHECK(waited >= 0.7);
    CHECK(waited <= scaled(5, 15));
    CHECK(server.stop() == 0);
}

TEST_CASE("the clock is set: predictions, deadlines, the log and the uptime", "[faults]") {
    auto const hour = GENERATE(-3'600L, 3'600L);
    timeless_server timeless({});
    auto& server = timeless.server();
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    auto const uptime = server.get_json("/health").at("uptime_s").to_number<double>();

    auto const bytes = sample_bytes();
    connection late(server.port());
    late.send("POST /predict?timeout_ms=1000 HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: " +
              std::to_string(bytes.size()) + "\r\n\r\n" + bytes.substr(0, 100));
    timeless.set_off(hour);
    auto const response = server.ask(post_image("/predict", bytes));
    require_prediction(response, 5);
    CHECK(is_about(offset_of(response), hour));
    require_error(late.read(), 504, "DEADLINE_EXCEEDED");
    late.reset();

    auto const lines = server.log_lines_of(response.header("X-Correlation-ID"));
    REQUIRE(lines.size() == 1);
    tm parts{};
    std::string const when(lines[0].at("time").as_string());
    REQUIRE(::strptime(when.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) != nullptr);
    CHECK(is_about(::timegm(&parts) - ::time(nullptr), hour));
    CHECK(lines[0].at("total_ms").to_number<double>() >= 0);
    CHECK(lines[0].at("total_ms").to_number<double>() < 60'000);
    auto const later = server.get_json("/health").at("uptime_s").to_number<double>();
    CHECK(later >= uptime);
    CHECK(later < uptime + 60);
    CHECK(server.metrics().sum("http_request_duration_seconds_sum") < 120);
    require_idle(server);
    CHECK(server.stop() == 0);
}
