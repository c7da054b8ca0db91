// Tests of compressed bodies and answers over a connection.
#include "compressed.hpp"
#include "http_fixture.hpp"

#include "catch.hpp"

using namespace sma::http::test;
using namespace sma::test;

namespace {

std::string coded(std::string_view coding, std::string_view more = {}) {
    return "Content-Encoding: " + std::string(coding) + "\r\n" + std::string(more);
}

std::string chunked(std::string_view target, std::string_view body, std::string_view headers) {
    std::string out = "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" +
                      std::string(headers) + "\r\n";
    for (; !body.empty(); body.remove_prefix(std::min<std::size_t>(15, body.size()))) {
        auto const chunk = body.substr(0, 15);
        out += "0123456789ABCDEF"[chunk.size()] + ("\r\n" + std::string(chunk)) + "\r\n";
    }
    return out + "0\r\n\r\n";
}

/// Compresses to a tenth.
std::string text_of(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += "line " + std::to_string(text.size() % 977) + "\n";
    text.resize(bytes);
    return text;
}

}  // namespace

TEST_CASE("compressed bodies arrive as they were before, bare, chunked and as forms", "[coding]") {
    harness h;
    client c(h.port());
    auto const text = text_of(300'000);
    for (auto const& [coding, body] :
         {std::pair("gzip", gzipped(text)), std::pair("x-gzip", gzipped(text)),
          std::pair("deflate", deflated(text, zlib_format::zlib)),
          std::pair("deflate", deflated(text, zlib_format::raw)), std::pair("zstd", zstd_compressed(text))}) {
        INFO(coding);
        CHECK((c.ask(post("/echo", body, coded(coding))).body == text));
        CHECK((c.ask(chunked("/echo", body, coded(coding))).body == text));
        CHECK(c.ask(post("/document", body, coded(coding))).body == "300000");
    }
    auto const form = multipart({"one", text});
    auto const expected = c.ask(post("/echo", form, multipart_type)).body;
    CHECK((c.ask(post("/echo", gzipped(form), coded("gzip", multipart_type))).body == expected));
    CHECK((c.ask(post("/echo", text, coded("identity"))).body == text));
    CHECK(c.ask(post("/echo", "", coded("gzip"))).status == 200);
    CHECK(c.ask(get("/hello")).status == 200);
    c.close();
    CHECK(h.gauges_are_zero());
}

TEST_CASE("a compressed body may come byte by byte, with a request behind it", "[coding]") {
    harness h;
    client c(h.port());
    for (char const byte : post("/echo", gzipped("hello, hello"), coded("gzip")) + get("/hello"))
        c.send(std::string_view(&byte, 1));
    CHECK(c.receive().body == "hello, hello");
    CHECK(c.receive().body == "hello");
}

TEST_CASE("an unknown coding is refused before the body, and the answer names those that are known", "[coding]") {
    harness h;
    client c(h.port());
    for (auto const* coding : {"br", "gzip, gzip", "gzip;q=1"}) {
        INFO(coding);
        auto const a = c.ask(post("/echo", "abc", coded(coding)));
        CHECK(a.status == 415);
        CHECK(a.code() == "UNSUPPORTED_MEDIA_TYPE");
        CHECK(a.header("accept-encoding") == "gzip, deflate, zstd");
    }
    // What is thrown away may be in any.
    CHECK(c.ask(post("/hello", "abc", coded("br"))).status == 200);
    CHECK(h.handled == 1);
}

TEST_CASE("a body that is not what its coding says is refused, and the connection stays", "[coding]") {
    harness h;
    client c(h.port());
    auto const body = gzipped(text_of(5000));
    for (auto const& wrong :
         {std::string("hello"), body.substr(0, body.size() - 1), body + "x", zstd_compressed("x")}) {
        auto const a = c.ask(post("/echo", wrong, coded("gzip")));
        CHECK(a.status == 400);
        CHECK(a.code() == "MALFORMED_REQUEST");
    }
    CHECK(c.ask(get("/hello")).status == 200);
    c.close();
    CHECK(h.gauges_are_zero());
}

TEST_CASE("the limits hold for the content of a compressed body", "[coding]") {
    http::limits l;
    l.max_part_bytes = 100'000;
    l.max_body_bytes = 300'000;
    harness h(l);
    client c(h.port());
    auto const fits = text_of(100'000);
    CHECK((c.ask(post("/echo", gzipped(fits), coded("gzip"))).body == fits));
    for (auto const& request : {post("/echo", gzipped(fits + "x"), coded("gzip")),
                                post("/echo", gzipped(multipart({fits + "x"})), coded("gzip", multipart_type)),
                                post("/document", gzipped(text_of(300'001)), coded("gzip"))}) {
        auto const a = c.ask(request);
        CHECK(a.status == 413);
        CHECK(a.code() == "FILE_TOO_LARGE");
    }
    CHECK(c.ask(get("/hello")).status == 200);
    // What cannot be compressed is a little longer than its content.
    auto const stored = deflated(fits, zlib_format::gzip, 0);
    REQUIRE(stored.size() > fits.size());
    CHECK((c.ask(post("/echo", stored, coded("gzip"))).body == fits));
    // And no body is endless because nothing comes out of it.
    std::string empty_members;
    while (empty_members.size() < 200'000) empty_members += gzipped("");
    CHECK(c.ask(post("/echo", empty_members, coded("gzip"))).status == 413);
}

TEST_CASE("a bomb costs what has been read of it when it shows", "[coding]") {
    harness h;
    client c(h.port());
    // Ten gigabytes of zeros, were it sent to its end: each of these members is a megabyte.
    auto const member = gzipped(std::string(1 << 20, '\0'));
    c.send("POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n");
    char head[24];
    std::snprintf(head, sizeof head, "%zx\r\n", member.size());
    for (int i = 0; i < 3; ++i) c.send(head + member + "\r\n");
    auto const a = c.receive();
    CHECK(a.status == 413);
    CHECK(a.body.find("max_inflate_ratio") != std::string::npos);
    CHECK(h.on_io([&] { return h.server().body_bytes_taken(); }) < 2 * 1024 * 1024);
    c.close();
    CHECK(h.gauges_are_zero());
}

TEST_CASE("the memory of decoders counts as that of bodies", "[coding]") {
    http::limits l;
    l.max_inflight_body_bytes = 20'000;
    harness h(l);
    client c(h.port());
    CHECK(c.ask(post("/echo", "abc")).status == 200);
    auto const a = c.ask(post("/echo", gzipped("abc"), coded("gzip")));
    CHECK(a.status == 503);
    CHECK(a.code() == "QUEUE_FULL");
    c.close();
    CHECK(h.gauges_are_zero());
}

TEST_CASE("long answers are in gzip for clients that accept it", "[coding]") {
    harness h;
    client c(h.port());
    for (std::size_t const size : {1025U, 16'384U, 16'385U, 1'000'000U}) {
        auto const a = c.ask(get("/big?bytes=" + std::to_string(size), "Accept-Encoding: br, gzip\r\n"));
        CHECK(a.header("content-encoding") == "gzip");
        CHECK(a.header("vary") == "Accept-Encoding");
        CHECK(a.body.size() < size / 10);
        CHECK((gunzipped(a.body) == std::string(size, 'b')));
        auto const plain = c.ask(get("/big?bytes=" + std::to_string(size), "Accept-Encoding: br, gzip;q=0\r\n"));
        CHECK(plain.header("content-encoding").empty());
        CHECK(plain.header("vary") == "Accept-Encoding");
        CHECK(plain.body.size() == size);
    }
    auto const small = c.ask(get("/big?bytes=1024", "Accept-Encoding: gzip\r\n"));
    CHECK(small.header("content-encoding").empty());
    CHECK(small.body.size() == 1024);
    c.send("HEAD /big?bytes=5000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n" + get("/hello"));
    CHECK(c.receive(true).header("content-encoding") == "gzip");
    CHECK(c.receive().body == "hello");
}

TEST_CASE("an image is not compressed again, and a tag is weak where the bytes differ", "[coding]") {
    harness h;
    client c(h.port());
    auto const image = c.ask(get("/tagged?type=image/png", "Accept-Encoding: gzip\r\n"));
    CHECK(image.header("content-encoding").empty());
    CHECK(image.header("vary").empty());
    CHECK(image.header("etag") == "\"tag\"");
    auto const page = c.ask(get("/tagged?type=text/html", "Accept-Encoding: gzip\r\n"));
    CHECK(page.header("content-encoding") == "gzip");
    CHECK(page.header("etag") == "W/\"tag\"");
    auto const known = c.ask(get("/tagged?type=text/html", "Accept-Encoding: gzip\r\nIf-None-Match: W/\"tag\"\r\n"));
    CHECK(known.status == 304);
    CHECK(known.header("vary") == "Accept-Encoding");
}
