// Tests of the log: one JSON object per line, whatever clients send, and no secrets.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include <boost/json/parse.hpp>

#include "catch.hpp"

#include <csignal>
#include <sstream>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Every line after the announcement, parsed. Fails on one that is no JSON object with an event.
std::vector<boost::json::object> log_of(server_process const& server) {
    std::vector<boost::json::object> lines;
    std::istringstream text(server.output());
    std::string line;
    std::getline(text, line);
    while (std::getline(text, line) && !text.eof()) {
        boost::system::error_code failure;
        auto const value = boost::json::parse(line, failure);
        INFO(line);
        REQUIRE_FALSE(failure);
        REQUIRE(value.as_object().contains("event"));
        lines.push_back(value.as_object());
    }
    return lines;
}

bool has_event(server_process const& server, std::string_view event) {
    for (auto const& line : log_of(server))
        if (line.at("event").as_string() == event) return true;
    return false;
}

std::size_t count_event(server_process const& server, std::string_view event) {
    std::size_t n = 0;
    for (auto const& line : log_of(server))
        if (line.at("event").as_string() == event) ++n;
    return n;
}

}  // namespace

TEST_CASE("the access line of a prediction has every field", "[operations]") {
    auto const& server = shared_server();
    header_list const headers{{"Content-Type", "image/jpeg"},
                              {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
    auto const response = server.ask(make_request("POST", "/predict?top_k=2", headers, sample_bytes()));
    REQUIRE(response.status == 200);
    auto const lines = server.log_lines_of(response.header("X-Correlation-ID"));
    REQUIRE(lines.size() == 1);
    auto const& line = lines[0];
    CHECK(line.at("event").as_string() == "request");
    CHECK(line.at("method").as_string() == "POST");
    CHECK(line.at("path").as_string() == "/predict");
    CHECK(line.at("status").as_int64() == 200);
    CHECK(line.at("bytes_in").as_int64() >= static_cast<std::int64_t>(sample_bytes().size()));
    CHECK(line.at("bytes_out").as_int64() >= static_cast<std::int64_t>(response.body.size()));
    CHECK(line.at("client").as_string() == "127.0.0.1");
    CHECK(line.at("trace_id").as_string() == "0af7651916cd43dd8448eb211c80319c");
    for (auto const* time : {"decode_ms", "queue_ms", "infer_ms", "total_ms"}) {
        INFO(time);
        CHECK(line.at(time).to_number<double>() >= 0);
        CHECK(line.at(time).to_number<double>() <= line.at("total_ms").to_number<double>());
    }
    CHECK(line.at("batch_size").as_int64() >= 1);
    CHECK(line.at("top1").as_string() == "star");
}

TEST_CASE("what clients send cannot forge a log line, and queries are not logged", "[operations]") {
    server_process server(narrow({"--trust-correlation-id"}));
    std::string const forged = "{\"event\":\"forged\"}";
    auto const ask = [&](std::string const& raw) {
        try {
            ask_once(server.port(), raw);
        } catch (client_error const&) {
        }
    };
    for (auto const* line_end : {"%0a", "%0d%0a", "%e2%80%a8", "%c2%85", "%00", "%1b%5b2K"})
        ask("GET /x" + std::string(line_end) + "{\"event\":\"forged\"} HTTP/1.1\r\nHost: x\r\n\r\n");
    for (auto const* raw : {"\x85", "\xe2\x80\xa8", "\xff", "\x1b[2K", "\x7f"})
        ask("GET /x" + std::string(raw) + forged + " HTTP/1.1\r\nHost: x\r\n\r\n");
    ask("GET /x\n" + forged + " HTTP/1.1\r\nHost: x\r\n\r\n");
    ask("GET /health HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: a\n" + forged + "\r\n\r\n");
    ask("GET /health HTTP/1.1\r\nHost: x\r\ntraceparent: 00-x\n" + forged + "\r\n\r\n");
    ask("GET /health?api_key=SECRET HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRET\r\n\r\n");
    ask(post_form("/predict?token=SECRET", {{"file", "SECRET\n" + forged, sample_bytes()}}));
    ask("GET /health?last HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(server.stop() == 0);

    auto const lines = log_of(server);
    CHECK(lines.size() > 8);
    for (auto const& line : lines) CHECK(line.at("event").as_string() != "forged");
    auto const text = server.output();
    CHECK_THAT(text, !ContainsSubstring("SECRET") && !ContainsSubstring("\xe2\x80\xa8") && !ContainsSubstring("\x1b"));
}

TEST_CASE("SIGUSR1 turns detail on and off", "[operations]") {
    server_process server(narrow());
    auto const predict = [&] { require_prediction(server.ask(post_image("/predict", sample_bytes())), 5); };
    predict();
    CHECK_FALSE(has_event(server, "batch"));
    server.signal(SIGUSR1);
    REQUIRE(eventually([&] { return count_event(server, "log level changed") == 1; }, patience));
    predict();
    CHECK(eventually([&] { return has_event(server, "batch"); }, patience));
    server.signal(SIGUSR1);
    REQUIRE(eventually([&] { return count_event(server, "log level changed") == 2; }, patience));
    auto const before = count_event(server, "batch");
    predict();
    CHECK(server.stop() == 0);
    CHECK(count_event(server, "batch") == before);
}
