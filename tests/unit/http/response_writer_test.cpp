#include "response_writer.hpp"

#include "catch.hpp"

#include <string>

namespace {

using namespace sma::http;

response_facts some_facts() {
    response_facts facts;
    facts.date = "Tue, 24 Nov 2026 19:21:00 GMT";
    facts.correlation_id = "the-id";
    facts.elapsed_ms = 12.345;
    return facts;
}

std::string head_of(response const& r, response_facts const& facts) {
    std::string out;
    append_response_head(out, r, facts);
    return out;
}

}  // namespace

TEST_CASE("a response has what every response has", "[response]") {
    response r;
    r.body = "{}";
    CHECK(head_of(r, some_facts()) ==
          "HTTP/1.1 200 OK\r\nServer: simple-model-api\r\nDate: Tue, 24 Nov 2026 19:21:00 GMT\r\n"
          "X-Content-Type-Options: nosniff\r\nX-Correlation-ID: the-id\r\nX-Response-Time: 12.3ms\r\n"
          "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

TEST_CASE("timing, trace and the endpoint's headers are added when they are there", "[response]") {
    response r;
    r.timings = {{"decode", 1.25}, {"queue", 0}, {"infer", 1234.56}};
    r.headers = {{"Allow", "GET"}};
    auto facts = some_facts();
    facts.traceparent = "00-abc";
    facts.keep_alive = false;
    auto const head = head_of(r, facts);
    CHECK(head.find("Server-Timing: decode;dur=1.3, queue;dur=0.0, infer;dur=1234.6\r\n") != head.npos);
    CHECK(head.find("traceparent: 00-abc\r\n") != head.npos);
    CHECK(head.find("Allow: GET\r\n") != head.npos);
    CHECK(head.find("Connection: close\r\n") != head.npos);
}

TEST_CASE("HTTP/1.0 is told that the connection stays", "[response]") {
    auto facts = some_facts();
    facts.version = 10;
    CHECK(head_of(response{}, facts).find("Connection: keep-alive\r\n") != std::string::npos);
}

TEST_CASE("a status without a body has no length", "[response]") {
    response r;
    r.status = 204;
    auto const head = head_of(r, some_facts());
    CHECK(head.starts_with("HTTP/1.1 204 No Content\r\n"));
    CHECK(head.find("Content-") == head.find("Content-Type-Options"));
}

TEST_CASE("a header cannot be used to add another", "[response]") {
    response r;
    r.headers = {{"X-File", "a\r\nSet-Cookie: b"}, {"X\r\nY", "c"}};
    auto const head = head_of(r, some_facts());
    CHECK(head.find("X-File: a  Set-Cookie: b\r\n") != head.npos);
    CHECK(head.find("X  Y: c\r\n") != head.npos);
}

TEST_CASE("dates are as HTTP has them", "[response]") {
    CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http_date(1795548060) == "Tue, 24 Nov 2026 19:21:00 GMT");
}

TEST_CASE("an error says what, how long to wait, and under which ID", "[response]") {
    auto const r = make_error_response(sma::error(sma::errc::queue_full, "a \"quote\"", 3), "the-id");
    CHECK(r.status == 503);
    CHECK(r.body ==
          R"({"success":false,"error":{"code":"QUEUE_FULL","message":"a \"quote\"","correlation_id":"the-id"}})");
    REQUIRE(r.headers.size() == 1);
    CHECK(r.headers[0] == std::pair<std::string, std::string>("Retry-After", "3"));
    CHECK(r.failure == sma::errc::queue_full);
}
