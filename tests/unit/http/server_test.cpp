#include "http_fixture.hpp"

#include "catch.hpp"

#include <filesystem>
#include <memory>
#include <vector>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace sma::http::test;

namespace {

std::string temporary_path(char const* name) {
    return (std::filesystem::temp_directory_path() /
            (std::string("sma_http_") + name + "_" + std::to_string(::getpid())))
        .string();
}

}  // namespace

TEST_CASE("a client that leaves stops its handler and counts as 499", "[server]") {
    http::limits strict;
    strict.allow_half_close = false;
    harness h(strict);
    SECTION("close") {
        client c(h.port());
        c.send(get("/wait"));
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
        c.close();
        CHECK(eventually([&] { return h.wait.cancelled == 1; }));
    }
    SECTION("reset") {
        client c(h.port());
        c.send(get("/wait"));
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
        c.reset();
        CHECK(eventually([&] { return h.wait.cancelled == 1; }));
    }
    SECTION("its sending side only") {
        client c(h.port());
        c.send(get("/wait"));
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
        c.finish_sending();
        CHECK(c.ends());
        CHECK(h.wait.cancelled == 1);
    }
    SECTION("with pipelined bytes beyond the buffer, by a reset") {
        client c(h.port());
        c.send(get("/wait"));
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
        c.send(std::string(20'000, 'G'));
        c.reset();
        CHECK(eventually([&] { return h.wait.cancelled == 1; }));
    }
    CHECK(eventually([&] { return h.counted("GET", "/wait", "499") == 1; }));
    CHECK(h.gauges_are_zero());
}

TEST_CASE("a client that has finished sending is answered, unless it has left", "[server]") {
    harness h;
    client c(h.port());
    SECTION("one request") {
        c.send(get("/wait"));
        c.finish_sending();
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
        std::this_thread::sleep_for(20ms);
        h.wait.released = true;
        auto const a = c.receive();
        CHECK(a.body == "waited");
        CHECK(a.header("connection") == "close");
        CHECK(c.ends());
        CHECK(h.wait.cancelled == 0);
    }
    SECTION("several, of which the first is being answered when it finishes") {
        c.send(get("/wait"));
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
        c.send(post("/echo", "abc") + get("/hello"));
        c.finish_sending();
        std::this_thread::sleep_for(20ms);
        h.wait.released = true;
        CHECK(c.receive().body == "waited");
        CHECK(c.receive().body == "abc");
        CHECK(c.receive().body == "hello");
        CHECK(c.ends());
    }
    SECTION("half a request is none") {
        c.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
        c.finish_sending();
        CHECK(c.ends());
        CHECK(eventually([&] { return h.counted("POST", "/echo", "499") == 1; }));
    }
    SECTION("and resets the connection afterwards") {
        c.send(get("/wait"));
        c.finish_sending();
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
        std::this_thread::sleep_for(20ms);
        c.reset();
        CHECK(eventually([&] { return h.wait.cancelled == 1; }));
        CHECK(eventually([&] { return h.counted("GET", "/wait", "499") == 1; }));
    }
    CHECK(h.gauges_are_zero());
}

TEST_CASE("a client that leaves a Unix socket is noticed at once", "[server]") {
    harness h;
    auto const path = temporary_path("left");
    REQUIRE(h.on_io([&] { return h.server().listen_unix(path).has_value(); }));
    {
        client c(path);
        c.send(get("/wait"));
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
    }
    CHECK(eventually([&] { return h.wait.cancelled == 1; }));
    CHECK(h.gauges_are_zero());
}

TEST_CASE("what a client sends while its handler runs is kept for later, within bounds", "[server]") {
    harness h;
    client c(h.port());
    c.send(get("/wait"));
    REQUIRE(eventually([&] { return h.wait.started == 1; }));
    std::string all;
    for (int i = 0; i < 2000; ++i) all += get("/hello");
    std::thread sender([&] { c.send(all); });
    std::this_thread::sleep_for(20ms);
    h.wait.released = true;
    CHECK(c.receive().body == "waited");
    int good = 0;
    for (int i = 0; i < 2000; ++i) good += c.receive().body == "hello" ? 1 : 0;
    sender.join();
    CHECK(good == 2000);
    CHECK(h.wait.cancelled == 0);
}

TEST_CASE("draining closes idle connections and lets the others finish", "[server]") {
    harness h;
    client idle(h.port()), used(h.port()), busy(h.port());
    CHECK(used.ask(get("/hello")).status == 200);
    busy.send(get("/wait"));
    REQUIRE(eventually([&] { return h.wait.started == 1 && h.connections() == 3; }));
    h.on_io([&] { h.server().drain(); });
    CHECK(idle.ends());
    CHECK(used.ends());
    CHECK(h.on_io([&] { return h.server().requests_in_flight(); }) == 1);
    client late(h.port());
    CHECK(late.ask(get("/hello")).header("connection") == "close");

    h.on_io([&] { h.server().close_listeners(); });
    h.wait.released = true;
    auto const a = busy.receive();
    CHECK(a.body == "waited");
    CHECK(a.header("connection") == "close");
    CHECK(busy.ends());
    busy.close();
    late.close();
    CHECK(h.gauges_are_zero());
    CHECK_THROWS(client(h.port()));
}

TEST_CASE("once a drain is announced each response is the last of its connection", "[server]") {
    harness h;
    client idle(h.port()), used(h.port());
    CHECK(used.ask(get("/hello")).header("connection").empty());
    h.on_io([&] { h.server().announce_drain(); });
    for (auto* c : {&idle, &used}) {
        auto const a = c->ask(get("/hello") + get("/hello"));
        CHECK(a.status == 200);
        CHECK(a.header("connection") == "close");
        CHECK(c->ends());
    }
    client refused(h.port()), late(h.port());
    CHECK(refused.ask(get("/nothing")).header("connection") == "close");
    CHECK(late.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").header("connection") == "close");
    CHECK(h.handled == 3);
}

TEST_CASE("an abort closes everything and stops the handlers", "[server]") {
    harness h;
    client idle(h.port()), waiting_client(h.port()), uploading(h.port()), reading_head(h.port());
    waiting_client.send(get("/wait"));
    uploading.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    reading_head.send("GET /hello");
    REQUIRE(eventually([&] { return h.wait.started == 1 && h.metrics.inflight_requests.Value() == 3; }));
    h.on_io([&] { h.server().abort(); });
    CHECK(eventually([&] { return h.wait.cancelled == 1; }));
    CHECK(h.gauges_are_zero());
    CHECK(idle.ends());
}

TEST_CASE("sessions outlive neither what they use nor their server", "[server]") {
    SECTION("the context runs on after the server is gone") {
        harness h;
        client idle(h.port()), busy(h.port());
        busy.send(get("/wait"));
        REQUIRE(eventually([&] { return h.wait.started == 1; }));
    }
    SECTION("the context does not run any more, and sessions hang in it") {
        harness h;
        client idle(h.port()), busy(h.port()), uploading(h.port());
        busy.send(get("/wait"));
        uploading.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
        REQUIRE(eventually([&] { return h.wait.started == 1 && h.metrics.inflight_body_bytes.Value() == 3; }));
        h.destroy_server_first();
        CHECK(idle.ends());
    }
}

TEST_CASE("at the limit of connections an old idle one makes room", "[server]") {
    http::limits l;
    l.max_connections = 2;
    l.idle_evictable_after = 50ms;
    harness h(l);
    client oldest(h.port());
    CHECK(oldest.ask(get("/hello")).status == 200);
    client second(h.port());
    CHECK(second.ask(get("/hello")).status == 200);
    client third(h.port());
    CHECK(third.ask(get("/hello")).status == 200);
    CHECK(oldest.ends());
    CHECK(second.ask(get("/hello")).status == 200);
}

TEST_CASE("at the limit of connections a new one waits until a busy one leaves", "[server]") {
    http::limits l;
    l.max_connections = 2;
    l.idle_evictable_after = 50ms;
    harness h(l);
    client a(h.port()), b(h.port());
    a.send(get("/wait"));
    b.send(get("/wait"));
    REQUIRE(eventually([&] { return h.wait.started == 2; }));
    client c(h.port());
    c.send(get("/hello"));
    std::this_thread::sleep_for(300ms);
    CHECK(h.connections() == 2);
    CHECK(h.handled == 0);
    a.reset();
    CHECK(c.receive().body == "hello");
}

TEST_CASE("a process without descriptors left accepts again when there are some", "[server]") {
    harness h;
    CHECK(client(h.port()).ask(get("/hello")).status == 200);
    REQUIRE(eventually([&] { return h.connections() == 0; }));
    int const kept = ::dup(0);
    int const first_free = ::dup(0);
    ::close(first_free);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit lowered = before;
    lowered.rlim_cur = static_cast<rlim_t>(first_free);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lowered) == 0);
    // The client takes the place of `kept`, so that there is none for its other end.
    ::close(kept);
    client c(h.port());
    c.send(get("/hello"));
    std::this_thread::sleep_for(100ms);
    auto const meanwhile = h.connections();
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(meanwhile == 0);
    CHECK(c.receive().status == 200);
}

TEST_CASE("a Unix socket serves, replaces a dead file and refuses a living one", "[server]") {
    auto const path = temporary_path("socket");
    {
        harness h;
        CHECK(h.on_io([&] { return h.server().listen_unix(path); }).value() == "unix:" + path);
        client c(path);
        CHECK(c.ask(get("/v2/models/m")).body.starts_with("/v2/models/m|m|unix|"));
        auto const second = h.on_io([&] { return h.server().listen_unix(path); });
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().code == sma::errc::io_error);
    }
    CHECK_FALSE(std::filesystem::exists(path));

    int const dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(dead);
    harness h;
    CHECK(h.on_io([&] { return h.server().listen_unix(path); }).has_value());
    CHECK(client(path).ask(get("/hello")).status == 200);
}

TEST_CASE("IPv6, an adopted descriptor, and addresses that cannot be used", "[server]") {
    harness h;
    auto const v6 = h.on_io([&] { return h.server().listen("::1", 0); });
    if (v6) CHECK(v6->starts_with("http://[::1]:"));

    int const fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK_FALSE(h.on_io([&] { return h.server().adopt(fd); }).has_value());
    REQUIRE(::listen(fd, 10) == 0);
    auto const adopted = h.on_io([&] { return h.server().adopt(fd); });
    REQUIRE(adopted.has_value());
    client c(static_cast<std::uint16_t>(std::stoi(adopted->substr(adopted->rfind(':') + 1))));
    c.send(get("/hello"));
    // It waits in the kernel's queue while others are served.
    CHECK(client(h.port()).ask(get("/hello")).status == 200);
    CHECK(eventually([&] { return h.metrics.open_connections.Value() == 0; }));
    h.on_io([&] { return h.server().start_accepting(), 0; });
    CHECK(c.receive().status == 200);

    auto const taken = h.on_io([&] { return h.server().listen("127.0.0.1", h.port()); });
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().message.find(std::to_string(h.port())) != std::string::npos);
    CHECK_FALSE(h.on_io([&] { return h.server().listen("256.1.1.1", 0); }).has_value());
    CHECK_FALSE(h.on_io([&] { return h.server().adopt(-1); }).has_value());
}

TEST_CASE("two hundred clients that drip and leave cost nothing that stays", "[server]") {
    harness h;
    auto const bytes = post("/echo", multipart({"content"}), multipart_type);
    {
        std::vector<std::unique_ptr<client>> clients;
        for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<client>(h.port()));
        for (std::size_t at = 0; at + 1 < bytes.size(); at += 7)
            for (auto& c : clients)
                c->send(std::string_view(bytes).substr(at, std::min<std::size_t>(7, bytes.size() - 1 - at)));
        REQUIRE(eventually([&] { return h.metrics.inflight_requests.Value() == 200; }));
    }
    CHECK(h.gauges_are_zero());
    CHECK(h.handled == 0);
}
