// Tests of the server's sessions under TLS.
#include "tls_fixture.hpp"

#include "scale.hpp"

#include "catch.hpp"

#include <openssl/tls1.h>

using namespace sma::http::test;
using sma::test::client_error;
using sma::test::connection;
using sma::test::scaled;
using sma::test::tls_options;

namespace {

tls_options speaking(int version) {
    tls_options o;
    o.version = version;
    return o;
}

tls_options offering(std::string protocols) {
    tls_options o;
    o.alpn = std::move(protocols);
    return o;
}

std::string some_text(std::size_t bytes) {
    std::string text(bytes, 0);
    for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

}  // namespace

TEST_CASE("requests are served under TLS 1.2 and 1.3, one after another", "[tls]") {
    secured h;
    auto const version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    auto c = h.connect(speaking(version));
    CHECK(c.tls().peer() == "server");
    for (int i = 0; i < 3; ++i) {
        CHECK(c.ask(get("/hello")).body == "hello");
        CHECK(c.ask(post("/echo", "abc")).body == "abc");
    }
    c.send("HEAD /hello HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(c.read(true).status == 200);
    CHECK(c.ask(get("/nowhere", "Connection: close\r\n")).status == 404);
    CHECK(c.ended(20s));
    CHECK(c.heard_goodbye());
    CHECK(h.gauges_are_zero());
    CHECK(h.metrics.expose().find("tls_handshake_failures_total{") == std::string::npos);
}

TEST_CASE("pipelined requests, a large upload and a large answer keep their bytes and their order", "[tls]") {
    secured h;
    auto c = h.connect();
    std::string all;
    for (int i = 0; i < 1000; ++i) all += i % 2 == 0 ? get("/hello") : post("/echo", "n" + std::to_string(i));
    c.send(all);
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) wrong += c.read().body == (i % 2 == 0 ? "hello" : "n" + std::to_string(i)) ? 0 : 1;
    CHECK(wrong == 0);
    auto const text = some_text(5'000'000);
    CHECK(c.ask(post("/echo", text)).body == text);
    // More than the kernel takes from a server whose client does not read yet.
    c.send(get("/big?bytes=30000000") + get("/hello"));
    std::this_thread::sleep_for(50ms);
    CHECK(c.read().body == std::string(30'000'000, 'b'));
    CHECK(c.read().body == "hello");
}

TEST_CASE("records may be small, come byte by byte, or hold more than a header may", "[tls]") {
    http::limits l;
    l.max_header_bytes = 512;
    secured h(l);
    SECTION("small") {
        tls_options small;
        small.fragment = 512;
        auto c = h.connect(small);
        auto const text = some_text(100'000);
        CHECK(c.ask(post("/echo", text)).body == text);
    }
    SECTION("byte by byte") {
        slow_wire const wire(h.port());
        tls_options o;
        o.ca = h.ca();
        connection c(wire.port(), o, 20s);
        CHECK(c.ask(get("/hello")).body == "hello");
        CHECK(c.ask(post("/echo", "abc")).body == "abc");
    }
    SECTION("more than a header") {
        auto c = h.connect();
        auto const text = some_text(100'000);
        std::string all;
        for (int i = 0; i < 100; ++i) all += get("/hello");
        c.send(all + post("/echo", text) + get("/hello"));
        for (int i = 0; i < 100; ++i) REQUIRE(c.read().body == "hello");
        CHECK(c.read().body == text);
        CHECK(c.read().body == "hello");
        CHECK(c.ask(get("/hello")).body == "hello");
    }
}

TEST_CASE("what a client sends while its handler runs is kept under TLS, within bounds", "[tls]") {
    secured h;
    auto c = h.connect();
    c.send(get("/wait"));
    REQUIRE(eventually([&] { return h.wait.started == 1; }));
    std::string all;
    for (int i = 0; i < 2000; ++i) all += get("/hello");
    c.send(all);
    c.tls().update_keys();
    h.wait.released = true;
    CHECK(c.read().body == "waited");
    int good = 0;
    for (int i = 0; i < 2000; ++i) good += c.read().body == "hello" ? 1 : 0;
    CHECK(good == 2000);
    CHECK(h.wait.cancelled == 0);
}

TEST_CASE("new keys may be agreed on at any time, a new handshake never", "[tls]") {
    secured h;
    auto c = h.connect(speaking(TLS1_3_VERSION));
    for (int i = 0; i < 3; ++i) {
        c.tls().update_keys();
        CHECK(c.ask(get("/hello")).body == "hello");
    }
    auto old = h.connect(speaking(TLS1_2_VERSION));
    CHECK(old.ask(get("/hello")).body == "hello");
    CHECK_FALSE(old.tls().renegotiate());
}

TEST_CASE("a client that leaves under TLS stops its handler", "[tls]") {
    secured h;
    auto c = h.connect();
    c.send(get("/wait"));
    REQUIRE(eventually([&] { return h.wait.started == 1; }));
    SECTION("with a goodbye") { c.tls().say_goodbye(); }
    SECTION("without one") { ::shutdown(c.descriptor(), 2); }
    SECTION("by a reset") { c.reset(); }
    CHECK(eventually([&] { return h.wait.cancelled == 1; }));
    CHECK(eventually([&] { return h.counted("GET", "/wait", "499") == 1; }));
    CHECK(h.gauges_are_zero());
}

TEST_CASE("what is too old, or another protocol, is refused", "[tls]") {
    secured h;
    CHECK_THROWS_AS(h.connect(speaking(TLS1_1_VERSION)), client_error);
    CHECK(eventually([&] { return h.failures("nothing_in_common") == 1; }));
    CHECK_THROWS_AS(h.connect(offering("\x02h2")), client_error);
    CHECK(eventually([&] { return h.failures("nothing_in_common") == 2; }));
    CHECK(h.connect(offering("\x02h2\x08http/1.1")).tls().alpn() == "http/1.1");
    CHECK(h.gauges_are_zero());
}

TEST_CASE("a client that does not trust the server says so, and that is counted", "[tls]") {
    secured h;
    tls_options stranger;
    stranger.ca = sma::test::test_authority().certificate();
    CHECK_THROWS_AS(connection(h.port(), stranger, 20s), client_error);
    CHECK(eventually([&] { return h.failures("refused_by_client") == 1; }));
}

TEST_CASE("plain HTTP on a port of TLS is told so", "[tls]") {
    secured h;
    client c(h.port());
    auto const a = c.ask(get("/hello"));
    CHECK(a.status == 400);
    CHECK(a.header("connection") == "close");
    CHECK(a.body == "This is HTTPS: use https://\n");
    CHECK(c.ends());
    CHECK(h.failures("plain_http") == 1);
    CHECK(h.handled == 0);
    client noise(h.port());
    noise.send("\x01\x02\x03 neither one nor the other");
    noise.finish_sending();
    CHECK(eventually([&] { return h.failures("malformed") == 1; }));
    CHECK(h.gauges_are_zero());
}

TEST_CASE("a silent or slow handshake is cut when a header would be", "[tls]") {
    http::limits l;
    l.header_timeout = 150ms;
    secured h(l);
    client silent(h.port());
    client slow(h.port());
    slow.send("\x16\x03\x01");
    CHECK(silent.ends());
    CHECK(slow.ends());
    CHECK(h.failures("timeout") == 2);
    client gone(h.port());
    gone.close();
    CHECK(eventually([&] { return h.failures("closed") == 1; }));
    CHECK(h.gauges_are_zero());
}

TEST_CASE("bytes that make no request do not keep an idle connection", "[tls]") {
    http::limits l;
    l.idle_timeout = 300ms;
    secured h(l);
    auto c = h.connect(speaking(TLS1_3_VERSION));
    CHECK(c.ask(get("/hello")).body == "hello");
    auto const begin = std::chrono::steady_clock::now();
    CHECK(eventually([&] {
        try {
            c.tls().update_keys();
        } catch (std::runtime_error const&) {
            return true;
        }
        return h.connections() == 0;
    }));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(scaled(3, 10)));
}

TEST_CASE("a handshake that brings nothing makes room when the server is full", "[tls]") {
    http::limits l;
    l.max_connections = 1;
    l.idle_evictable_after = 20ms;
    secured h(l);
    client silent(h.port());
    REQUIRE(eventually([&] { return h.connections() == 1; }));
    auto c = h.connect();
    CHECK(c.ask(get("/hello")).body == "hello");
    CHECK(silent.ends());
    CHECK(h.failures("dropped") == 1);
}

TEST_CASE("a server that drains says goodbye to idle connections and leaves handshakes", "[tls]") {
    secured h;
    auto idle = h.connect();
    CHECK(idle.ask(get("/hello")).body == "hello");
    auto busy = h.connect();
    busy.send(get("/wait"));
    client silent(h.port());
    REQUIRE(eventually([&] { return h.wait.started == 1 && h.connections() == 3; }));
    h.on_io([&] {
        h.server().close_listeners();
        h.server().drain();
    });
    CHECK(idle.ended(20s));
    CHECK(idle.heard_goodbye());
    CHECK(silent.ends());
    h.wait.released = true;
    auto const last = busy.read();
    CHECK(last.body == "waited");
    CHECK(last.closes());
    CHECK(busy.ended(20s));
    CHECK(busy.heard_goodbye());
    CHECK(h.gauges_are_zero());
}

TEST_CASE("where clients must show a certificate, only those who can are served", "[tls]") {
    secured h;
    h.use("server", true);
    tls_options known;
    known.own = h.client_certificate();
    std::shared_ptr<ssl_session_st> session;
    {
        auto c = h.connect(known);
        CHECK(c.ask(get("/hello")).body == "hello");
        session = c.tls().session();
        c.finish_sending();  // without a goodbye the session would not be one to resume
    }
    // Under TLS 1.3 the client is done before the server has judged it.
    auto const is_refused = [&](tls_options const& o) {
        try {
            auto c = h.connect(o);
            c.ask(get("/hello"));
            return false;
        } catch (client_error const&) {
            return true;
        }
    };
    auto const version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CHECK(is_refused(speaking(version)));
    CHECK(eventually([&] { return h.failures("no_certificate") == 1; }));
    auto stranger = speaking(version);
    stranger.own = sma::test::test_authority().issue("client");
    CHECK(is_refused(stranger));
    CHECK(eventually([&] { return h.failures("certificate_refused") == 1; }));
    CHECK(h.handled == 1);
    auto resumed = h.connect({}, session.get());
    CHECK(resumed.tls().resumed());
    CHECK(resumed.ask(get("/hello")).body == "hello");
    // A new context has keys of its own for its tickets: nobody gets past new authorities with an old session.
    h.use("server", true);
    auto again = h.connect(known, session.get());
    CHECK_FALSE(again.tls().resumed());
    CHECK(again.ask(get("/hello")).body == "hello");
}

TEST_CASE("a new certificate is for new connections", "[tls]") {
    secured h;
    auto before = h.connect();
    CHECK(before.ask(get("/hello")).body == "hello");
    h.use("successor");
    CHECK(before.ask(get("/hello")).body == "hello");
    auto after = h.connect();
    CHECK(after.tls().peer() == "successor");
    CHECK(after.ask(get("/hello")).body == "hello");
}

TEST_CASE("a server may be destroyed under its TLS connections", "[tls]") {
    secured h;
    auto c = h.connect();
    c.send(get("/wait"));
    client silent(h.port());
    REQUIRE(eventually([&] { return h.wait.started == 1 && h.connections() == 2; }));
    h.destroy_server_first();
}
