#include "http_fixture.hpp"

#include "catch.hpp"

using namespace sma::http::test;

namespace {

std::string in_chunks(std::string_view body, std::size_t size) {
    std::string out;
    char head[24];
    for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
        auto const chunk = body.substr(0, size);
        std::snprintf(head, sizeof head, "%zx\r\n", chunk.size());
        out += head + std::string(chunk) + "\r\n";
    }
    return out + "0\r\n\r\n";
}

std::string chunked_head(std::string_view target, std::string_view more = "") {
    return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" +
           std::string(more) + "\r\n";
}

std::string sized_head(std::string_view target, std::size_t size, std::string_view more = "") {
    return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n" +
           std::string(more) + "\r\n";
}

http::limits small_limits() {
    http::limits l;
    l.max_body_bytes = 600'000;
    l.max_part_bytes = 100'000;
    return l;
}

}  // namespace

TEST_CASE("a bare body of any size arrives whole", "[body]") {
    harness h;
    client c(h.port());
    for (std::size_t const size : {0U, 1U, 1000U, 70'000U, 5'000'000U}) {
        std::string const body(size, 'x');
        CHECK(c.ask(post("/echo", body)).body == body);
    }
    CHECK(c.ask(get("/hello")).status == 200);
    c.close();
    CHECK(h.gauges_are_zero());
}

TEST_CASE("a multipart upload arrives in parts", "[body]") {
    harness h;
    client c(h.port());
    std::string const large(300'000, 'x');
    auto const a = c.ask(post("/echo", multipart({"one", large}), multipart_type));
    CHECK(a.body == "file|a.jpg|image/jpeg|one\nfile|a.jpg|image/jpeg|" + large + "\n");
    CHECK(c.ask(get("/hello")).status == 200);
}

TEST_CASE("a chunked upload may come byte by byte, with a request behind it", "[body]") {
    harness h;
    client c(h.port());
    for (char const byte : chunked_head("/echo", multipart_type) + in_chunks(multipart({"content"}), 3) + get("/hello"))
        c.send(std::string_view(&byte, 1));
    CHECK(c.receive().body == "file|a.jpg|image/jpeg|content\n");
    CHECK(c.receive().body == "hello");
    std::string const large(1'000'000, 'y');
    CHECK(c.ask(chunked_head("/echo") + in_chunks(large, 30'000)).body == large);
}

TEST_CASE("100-continue invites a body, once, and only if it is wanted", "[body]") {
    harness h(small_limits());
    client c(h.port());
    CHECK(c.ask(sized_head("/echo", 3, "Expect: 100-continue\r\n")).status == 100);
    CHECK(c.ask("abc").body == "abc");
    CHECK(c.ask(sized_head("/echo", 3, "Expect: 100-continue\r\n") + "abc").body == "abc");
    CHECK(c.ask(get("/hello", "Expect: 100-continue\r\n")).body == "hello");

    client refused(h.port());
    auto const a = refused.ask(sized_head("/echo", 200'000, "Expect: 100-continue\r\n"));
    CHECK(a.status == 413);
    CHECK(refused.ends());
    client wrong(h.port());
    CHECK(wrong.ask(sized_head("/echo", 3, "Expect: tea\r\n")).code() == "EXPECTATION_FAILED");
}

TEST_CASE("the endpoint's refusal comes before the body", "[body]") {
    harness h;
    client c(h.port());
    auto const a = c.ask(sized_head("/refuse", 10'000'000));
    CHECK(a.status == 503);
    CHECK(a.code() == "QUEUE_FULL");
    CHECK(a.header("retry-after") == "7");
    CHECK(a.header("connection") == "close");
    CHECK(c.ends());
}

TEST_CASE("after a refusal a small rest is dropped and the connection stays", "[body]") {
    harness h;
    client c(h.port());
    CHECK(c.ask(post("/refuse", std::string(100'000, 'x'))).status == 503);
    CHECK(c.ask(post("/nothing", "abc") + get("/hello")).status == 404);
    CHECK(c.receive().body == "hello");
    CHECK(c.ask(sized_head("/refuse", 3)).status == 503);
    CHECK(c.ask("abc" + get("/hello")).body == "hello");
}

TEST_CASE("a client that sends on after a refusal still reads the answer", "[body]") {
    harness h;
    client c(h.port());
    std::string const body(8'000'000, 'x');
    CHECK(c.send(post("/refuse", body)));
    CHECK(c.receive().status == 503);
    CHECK(c.ends());
}

TEST_CASE("sizes beyond the limits are refused", "[body]") {
    harness h(small_limits());
    struct row {
        char const* what;
        std::string bytes;
    };
    std::string const image(100'001, 'x');
    std::string const body(600'001, 'x');
    row const rows[] = {
        {"declared body", sized_head("/document", 600'001)},
        {"declared gigabytes", sized_head("/document", 5'000'000'000)},
        {"declared bare image", sized_head("/echo", 100'001)},
        {"declared form", sized_head("/echo", 600'001, multipart_type)},
        {"declared JSON", sized_head("/echo", 600'001, "Content-Type: application/json; charset=utf-8\r\n")},
        {"declared body where none is wanted", sized_head("/hello", 65'537)},
        {"chunked bare image", chunked_head("/echo") + in_chunks(image, 10'000)},
        {"an announced chunk", chunked_head("/document") + "100000\r\nx"},
        {"a chunk of gigabytes where no body is wanted", chunked_head("/hello") + "40000000\r\n"},
        {"chunked body", chunked_head("/document") + in_chunks(body, 10'000)},
        {"one part", post("/echo", multipart({image}), multipart_type)},
        {"second part", chunked_head("/echo", multipart_type) + in_chunks(multipart({"a", image}), 10'000)},
    };
    for (auto const& r : rows) {
        INFO(r.what);
        client c(h.port());
        c.send(r.bytes);
        auto const a = c.receive();
        CHECK(a.status == 413);
        CHECK(a.code() == "FILE_TOO_LARGE");
    }
    CHECK(h.gauges_are_zero());
}

TEST_CASE("sizes at the limits are accepted", "[body]") {
    harness h(small_limits());
    client c(h.port());
    std::string const image(100'000, 'x');
    std::string const body(600'000, 'x');
    CHECK(c.ask(post("/echo", image)).status == 200);
    CHECK(c.ask(post("/document", body)).body == "600000");
    CHECK(c.ask(post("/echo", body, "Content-Type: application/json\r\n")).body == body);
    CHECK(c.ask(post("/echo", multipart({image, image}), multipart_type)).status == 200);
    CHECK(c.ask(post("/hello", "ignored")).body == "hello");
}

TEST_CASE("malformed forms and chunks are refused", "[body]") {
    harness h;
    client c(h.port());
    auto const no_boundary = c.ask(post("/echo", "abc", "Content-Type: multipart/form-data\r\n"));
    CHECK(no_boundary.status == 400);
    CHECK(no_boundary.code() == "MALFORMED_MULTIPART");
    auto const cut =
        c.ask(post("/echo", "--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc", multipart_type));
    CHECK(cut.code() == "MALFORMED_MULTIPART");
    CHECK(c.ask(post("/echo", "", multipart_type)).code() == "MALFORMED_MULTIPART");
    CHECK(c.ask(get("/hello")).status == 200);
    auto const chunk = c.ask(chunked_head("/echo") + "zz\r\n");
    CHECK(chunk.code() == "MALFORMED_REQUEST");
    CHECK(c.ends());
    c.close();
    CHECK(h.gauges_are_zero());
}

TEST_CASE("too many parts are refused", "[body]") {
    http::limits l;
    l.max_parts = 2;
    harness h(l);
    client c(h.port());
    CHECK(c.ask(post("/echo", multipart({"a", "b"}), multipart_type)).status == 200);
    CHECK(c.ask(post("/echo", multipart({"a", "b", "c"}), multipart_type)).code() == "MALFORMED_MULTIPART");
}

TEST_CASE("a body slower than the minimum is refused", "[body]") {
    http::limits l;
    l.body_grace = 150ms;
    l.linger_time = 100ms;
    l.min_body_bytes_per_s = 1000;
    harness h(l);
    client c(h.port());
    auto const a = c.ask(sized_head("/echo", 100) + "abc");
    CHECK(a.status == 408);
    CHECK(a.code() == "REQUEST_TIMEOUT");
    CHECK(c.ends());
    client chunks(h.port());
    CHECK(chunks.ask(chunked_head("/echo") + "5\r\nab").status == 408);
    CHECK(h.gauges_are_zero());
}

TEST_CASE("the request's deadline covers its upload", "[body]") {
    http::limits l;
    l.request_timeout = 150ms;
    harness h(l);
    client c(h.port());
    CHECK(c.ask(sized_head("/echo", 100) + "abc").code() == "REQUEST_TIMEOUT");
    client own(h.port());
    CHECK(own.ask(sized_head("/echo?timeout_ms=50", 100) + "abc").code() == "DEADLINE_EXCEEDED");
}

TEST_CASE("the bytes of all uploads together are bounded and counted", "[body]") {
    http::limits l;
    l.max_inflight_body_bytes = 300'000;
    harness h(l);
    client holder(h.port());
    holder.send(sized_head("/wait", 200'000) + std::string(200'000, 'x'));
    REQUIRE(eventually([&] { return h.metrics.inflight_body_bytes.Value() == 200'000; }));

    client declared(h.port());
    auto const a = declared.ask(sized_head("/echo", 150'000));
    CHECK(a.status == 503);
    CHECK(a.code() == "QUEUE_FULL");
    CHECK(a.header("retry-after") == "1");
    client chunked(h.port());
    CHECK(chunked.ask(chunked_head("/echo") + in_chunks(std::string(150'000, 'x'), 50'000)).code() == "QUEUE_FULL");
    client small(h.port());
    CHECK(small.ask(post("/echo", std::string(90'000, 'x'))).status == 200);

    h.wait.released = true;
    CHECK(holder.receive().status == 200);
    CHECK(eventually([&] { return h.metrics.inflight_body_bytes.Value() == 0; }));
    CHECK(small.ask(post("/echo", std::string(250'000, 'x'))).status == 200);
}

TEST_CASE("every prefix of an upload, broken off, leaves nothing behind", "[body]") {
    harness h;
    auto const bytes = chunked_head("/echo", multipart_type) + in_chunks(multipart({"content"}), 40);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        client c(h.port());
        c.send(std::string_view(bytes).substr(0, size));
        if (size % 2 == 0) c.reset();
    }
    CHECK(h.gauges_are_zero());
    CHECK(h.handled == 0);
}
