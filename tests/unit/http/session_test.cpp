#include "http_fixture.hpp"
#include "recording_sink.hpp"
#include "sma/tracing/tracer.hpp"

#include "sma/core/correlation_id.hpp"

#include "catch.hpp"

#include <set>
#include <thread>

using namespace sma::http::test;

TEST_CASE("a connection serves one request after another", "[session]") {
    harness h;
    client c(h.port());
    std::set<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        auto const a = c.ask(get("/hello"));
        CHECK(a.status == 200);
        CHECK(a.body == "hello");
        CHECK(a.header("content-type") == "text/plain");
        CHECK(a.header("server") == "simple-model-api");
        CHECK(a.header("x-content-type-options") == "nosniff");
        CHECK(a.header("connection").empty());
        CHECK(a.header("date").size() == 29);
        CHECK(a.header("x-response-time").ends_with("ms"));
        CHECK(a.id().size() == 36);
        ids.insert(a.id());
    }
    CHECK(ids.size() == 3);
    CHECK(h.metrics.open_connections.Value() == 1);
    c.close();
    CHECK(h.gauges_are_zero());
    CHECK(h.counted("GET", "/hello", "200") == 3);
}

TEST_CASE("a thousand pipelined requests in one write get a thousand answers in order", "[session]") {
    harness h;
    client c(h.port());
    std::string all;
    for (int i = 0; i < 1000; ++i) all += i % 2 == 0 ? get("/hello") : post("/echo", "n" + std::to_string(i));
    std::thread sender([&] { c.send(all); });
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) {
        auto const body = c.receive().body;
        if (body != (i % 2 == 0 ? "hello" : "n" + std::to_string(i))) ++wrong;
    }
    sender.join();
    CHECK(wrong == 0);
    CHECK(c.ask(get("/hello")).status == 200);
}

TEST_CASE("an empty line between requests does no harm", "[session]") {
    harness h;
    client c(h.port());
    CHECK(c.ask(post("/echo", "abc") + "\r\n" + get("/hello")).body == "abc");
    CHECK(c.receive().body == "hello");
    // Also where the server has waited for it, and where nothing follows at once.
    CHECK(c.ask("\r\n" + get("/hello")).body == "hello");
    c.send("\r\n");
    std::this_thread::sleep_for(20ms);
    CHECK(c.ask(get("/hello")).body == "hello");
    // And in two pieces, of which the first comes behind a request that took memory.
    c.send(get("/hello", "X-Long: " + std::string(2000, 'x') + "\r\n") + "\r");
    CHECK(c.receive().body == "hello");
    std::this_thread::sleep_for(20ms);
    CHECK(c.ask("\n" + get("/hello")).body == "hello");
    client first(h.port());
    CHECK(first.ask("\r\n" + get("/hello")).body == "hello");
    client half(h.port());
    half.send("\r");
    std::this_thread::sleep_for(20ms);
    CHECK(half.ask(get("/hello")).status == 400);
    client two(h.port());
    CHECK(two.ask("\r\n\r\n" + get("/hello")).status == 400);
}

TEST_CASE("a request may come byte by byte", "[session]") {
    harness h;
    client c(h.port());
    for (char const byte : post("/echo", "abc")) c.send(std::string_view(&byte, 1));
    CHECK(c.receive().body == "abc");
}

TEST_CASE("Connection: close and HTTP/1.0 end the connection after the answer", "[session]") {
    harness h;
    client closing(h.port());
    CHECK(closing.ask(get("/hello", "Connection: close\r\n")).header("connection") == "close");
    CHECK(closing.ends());
    client old(h.port());
    CHECK(old.ask("GET /hello HTTP/1.0\r\n\r\n").body == "hello");
    CHECK(old.ends());
    client old_kept(h.port());
    CHECK(old_kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("connection") == "keep-alive");
    CHECK(old_kept.ask(get("/hello")).status == 200);
}

TEST_CASE("HEAD has the headers of GET and no body", "[session]") {
    harness h;
    client c(h.port());
    c.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
    auto const head = c.receive(true);
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == "5");
    CHECK(c.receive().body == "hello");
    c.send("HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
    CHECK(c.receive(true).status == 404);
    CHECK(c.receive().body == "hello");
}

TEST_CASE("OPTIONS tells the methods", "[session]") {
    harness h;
    client c(h.port());
    auto const a = c.ask("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(a.status == 204);
    CHECK(a.header("allow") == "GET, HEAD, OPTIONS, POST");
    CHECK(a.header("content-length").empty());
    CHECK(c.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status == 204);
    CHECK(c.ask("OPTIONS /nothing HTTP/1.1\r\nHost: a\r\n\r\n").status == 404);
}

TEST_CASE("unknown paths and methods are told apart, and the connection stays", "[session]") {
    harness h;
    client c(h.port());
    auto const missing = c.ask(get("/nothing?x=1"));
    CHECK(missing.status == 404);
    CHECK(missing.code() == "NOT_FOUND");
    CHECK(missing.body.find(missing.id()) != std::string::npos);
    auto const wrong = c.ask("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(wrong.status == 405);
    CHECK(wrong.code() == "METHOD_NOT_ALLOWED");
    CHECK(wrong.header("allow") == "OPTIONS, POST");
    auto const unknown = c.ask("BREW /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(unknown.status == 501);
    CHECK(unknown.code() == "NOT_IMPLEMENTED");
    CHECK(c.ask("TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n").status == 405);
    CHECK(c.ask(get("/hello")).status == 200);
    CHECK(h.counted("GET", "other", "404") == 1);
    CHECK(h.counted("OTHER", "other", "501") == 1);
    CHECK(h.counted("DELETE", "/echo", "405") == 1);
}

TEST_CASE("an expectation that cannot be met is refused, and the connection stays", "[session]") {
    harness h;
    client c(h.port());
    auto const a = c.ask(post("/echo", "abc", "Expect: 200-ok\r\n"));
    CHECK(a.status == 417);
    CHECK(a.code() == "EXPECTATION_FAILED");
    CHECK(c.ask(get("/hello", "Expect:\r\n")).status == 200);
}

TEST_CASE("a target, a method, a version or a coding that the server does not take", "[session]") {
    harness h;
    auto const ask_in_vain = [&](std::string const& bytes, int status, char const* code) {
        INFO(bytes.substr(0, 60));
        client c(h.port());
        auto const a = c.ask(bytes);
        CHECK(a.status == status);
        CHECK(a.code() == code);
        CHECK(a.header("connection") == "close");
        CHECK(c.ends());
    };
    for (std::size_t const size : {8192, 20000, 100000}) {
        ask_in_vain(get("/" + std::string(size, 'a')), 414, "URI_TOO_LONG");
        ask_in_vain(get("/hello?" + std::string(size, 'a')), 414, "URI_TOO_LONG");
    }
    ask_in_vain(std::string(20000, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "NOT_IMPLEMENTED");
    ask_in_vain("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED");
    ask_in_vain("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
                "NOT_IMPLEMENTED");
    CHECK(h.handled == 0);
}

TEST_CASE("errors below a prefix have its shape", "[session]") {
    harness h;
    client c(h.port());
    auto const a = c.ask(get("/v2/nothing"));
    CHECK(a.status == 404);
    CHECK(a.body.front() != '{');
}

TEST_CASE("the endpoint sees path, client, trace and deadline", "[session]") {
    harness h;
    client c(h.port());
    std::string const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    auto const parent = "00-" + trace + "-00f067aa0ba902b7-01";
    auto const a = c.ask(get("/v2/models/a%20b?timeout_ms=4000", "traceparent: " + parent + "\r\n"));
    CHECK(a.body == "/v2/models/a b|a b|127.0.0.1|" + trace + "|4|" + a.id());
    CHECK(a.header("traceparent") == parent);
    for (auto const* timeout : {"", "-1", "0", "x", "1e3", "999999999999999999999", "60000"}) {
        auto const b = c.ask(get("/v2/models/m?timeout_ms=" + std::string(timeout), "traceparent: nonsense\r\n"));
        CHECK(b.body == "/v2/models/m|m|127.0.0.1||30|" + b.id());
        CHECK(b.header("traceparent").empty());
    }
}

TEST_CASE("absolute targets and malformed escapes", "[session]") {
    harness h;
    client c(h.port());
    CHECK(c.ask("GET http://test/hello?a HTTP/1.1\r\nHost: test\r\n\r\n").status == 200);
    auto const a = c.ask(get("/hel%zzlo"));
    CHECK(a.status == 400);
    CHECK(a.code() == "MALFORMED_REQUEST");
    CHECK(c.ask(get("/hello")).status == 200);
}

TEST_CASE("a client's own ID is kept only when it is trusted and clean", "[session]") {
    harness distrusting;
    client d(distrusting.port());
    CHECK(d.ask(get("/hello", "X-Correlation-ID: mine\r\n")).id() != "mine");

    http::limits l;
    l.trust_correlation_id = true;
    harness h(l);
    client c(h.port());
    CHECK(c.ask(get("/hello", "X-Correlation-ID: mine-1.2_3\r\n")).id() == "mine-1.2_3");
    CHECK(c.ask(get("/hello", "X-Request-ID: other\r\n")).id() == "other");
    auto const error = c.ask(get("/nothing", "X-Correlation-ID: mine\r\n"));
    CHECK(error.body.find("\"correlation_id\":\"mine\"") != std::string::npos);
    for (auto const& bad : {std::string("a b"), std::string("<x>"), std::string(129, 'a'), std::string()}) {
        auto const id = c.ask(get("/hello", "X-Correlation-ID: " + bad + "\r\n")).id();
        CHECK(id != bad);
        CHECK(id.size() == 36);
    }
}

TEST_CASE("a request that cannot be parsed gets an ID and an error, and the connection ends", "[session]") {
    harness h;
    for (auto const* bytes :
         {"GET / HTTP/1.1\nHost: a\n\n", "\x16\x03\x01\x02", "nonsense\r\n\r\n", "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        client c(h.port());
        auto const a = c.ask(bytes);
        CHECK(a.status == 400);
        CHECK(a.code() == "MALFORMED_REQUEST");
        CHECK(a.id().size() == 36);
        CHECK(a.body.find(a.id()) != std::string::npos);
        CHECK(a.header("connection") == "close");
        CHECK(c.ends());
    }
    CHECK(h.counted("OTHER", "other", "400") == 5);
    CHECK(h.gauges_are_zero());
}

TEST_CASE("what follows a refused head is not read as a request", "[session]") {
    harness h;
    client c(h.port());
    auto const a =
        c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 40\r\n\r\n" + get("/hello"));
    CHECK(a.status == 400);
    CHECK(c.ends());
    CHECK(h.handled == 0);
}

TEST_CASE("exceptions become errors and the connection goes on", "[session]") {
    harness h;
    client c(h.port());
    for (auto const* what : {"text", "number"}) {
        auto const a = c.ask(get("/fail?what=" + std::string(what)));
        CHECK(a.status == 500);
        CHECK(a.code() == "INTERNAL_ERROR");
        CHECK(a.body.find("secret") == std::string::npos);
        CHECK(a.body.find(a.id()) != std::string::npos);
    }
    auto const memory = c.ask(get("/fail?what=memory"));
    CHECK(memory.status == 503);
    CHECK(memory.code() == "OUT_OF_MEMORY");
    CHECK(memory.header("retry-after") == "1");
    CHECK(c.ask(get("/hello")).status == 200);
    CHECK(h.counted("GET", "/fail", "500") == 2);
}

TEST_CASE("headers beyond the limit are refused", "[session]") {
    http::limits l;
    l.max_header_bytes = 1024;
    harness h(l);
    auto const request = get("/hello", "X-A: \r\n");
    std::string const fits = get("/hello", "X-A: " + std::string(1024 - request.size(), 'a') + "\r\n");
    client good(h.port());
    CHECK(good.ask(fits).status == 200);
    client c(h.port());
    auto const a = c.ask(get("/hello", "X-A: " + std::string(1025 - request.size(), 'a') + "\r\n"));
    CHECK(a.status == 431);
    CHECK(a.code() == "HEADERS_TOO_LARGE");
    CHECK(c.ends());
    client untargeted(h.port());
    CHECK(untargeted.ask(get("/" + std::string(1024, 'a'))).code() == "URI_TOO_LONG");
    client endless(h.port());
    CHECK(endless.ask(get("/hello", "X-A: " + std::string(1'000'000, 'a'))).status == 431);
    CHECK(endless.ends());
}

TEST_CASE("a header that does not arrive in time ends the connection", "[session]") {
    http::limits l;
    l.header_timeout = 100ms;
    l.linger_time = 100ms;
    harness h(l);
    client c(h.port());
    auto const a = c.ask("GET /hello HTTP/1.1\r\nHo");
    CHECK(a.status == 408);
    CHECK(a.code() == "REQUEST_TIMEOUT");
    CHECK(a.id().size() == 36);
    CHECK(c.ends());

    client dripping(h.port());
    bool alive = true;
    for (int i = 0; i < 200 && alive; ++i) {
        alive = dripping.send("G");
        std::this_thread::sleep_for(10ms);
        alive = alive && h.connections() > 0;
    }
    CHECK(dripping.receive().status == 408);
}

TEST_CASE("a connection that says nothing is closed without a word", "[session]") {
    http::limits l;
    l.idle_timeout = 100ms;
    harness h(l);
    client silent(h.port());
    client used(h.port());
    CHECK(used.ask(get("/hello")).status == 200);
    CHECK(silent.ends());
    CHECK(used.ends());
    CHECK(h.gauges_are_zero());
}

TEST_CASE("a slow reader is cut off, a steady one gets everything", "[session]") {
    http::limits l;
    l.write_timeout = 1s;  // a machine that is busy with other things pauses a client, too
    harness h(l);
    client steady(h.port());
    CHECK(steady.ask(get("/big?bytes=30000000")).body.size() == 30'000'000);
    client slow(h.port());
    slow.send(get("/big?bytes=30000000"));
    CHECK(eventually([&] { return h.counted("GET", "/big", "499") == 1; }));
    CHECK(eventually([&] { return h.connections() == 1; }));
    CHECK(steady.ask(get("/hello")).status == 200);
}

TEST_CASE("requests are traced as their callers and the ratio say", "[session]") {
    sma::test::recording_sink sink;
    sma::tracing::tracer const tracer(0, sink);
    std::string const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    auto const parent = [&](std::string const& flags) {
        return "traceparent: 00-" + trace + "-00f067aa0ba902b7-" + flags + "\r\n";
    };
    harness h;
    h.on_io([&] { h.server().use_tracer(tracer); });
    client c(h.port());
    c.ask(get("/hello"));
    c.ask(get("/hello", parent("00")));
    c.ask(get("/hello", parent("01") + parent("01")));
    CHECK(c.ask(post("/echo?secret=1", "body", parent("01") + "tracestate: a=1\r\ntracestate: b=2\r\n")).status == 200);
    c.ask(get("/hello"));  // by now the one before has ended
    REQUIRE(sink.spans.size() == 2);
    auto const* const receive = sink.find("receive");
    auto const* const span = sink.find("POST /echo");
    REQUIRE(receive);
    REQUIRE(span);
    CHECK(sma::tracing::to_text(span->context.trace) == trace);
    CHECK(span->tracestate == "a=1,b=2");
    CHECK(receive->parent == span->context.span);
    CHECK(receive->began == span->began);
    for (auto const& a : span->attributes)
        if (auto const* text = std::get_if<std::string>(&a.value)) CHECK(text->find("secret") == std::string::npos);
}

TEST_CASE("an upload that breaks off is a failed stage of its trace", "[session]") {
    sma::test::recording_sink sink;
    sma::tracing::tracer const tracer(1, sink);
    harness h;
    h.on_io([&] { h.server().use_tracer(tracer); });
    {
        client c(h.port());
        c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
        c.reset();
    }
    REQUIRE(eventually([&] { return h.on_io([&] { return !sink.spans.empty(); }); }));
    REQUIRE(sink.find("receive"));
    CHECK(sink.find("receive")->failed);
    auto const* const span = sink.find("POST /echo");
    REQUIRE(span);
    CHECK_FALSE(span->failed);
    for (auto const& a : span->attributes) CHECK(a.name != "http.response.status_code");
}
