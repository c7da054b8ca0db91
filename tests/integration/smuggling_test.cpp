// Tests of requests that two parsers could read differently: refused with 400, and nothing after them is read as a
// request.
#include "bodies.hpp"
#include "checks.hpp"

#include "catch.hpp"

using namespace sma::test;

namespace {

std::string const hidden = "GET /info HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(std::string const& headers, std::string const& body = {}) {
    return "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\n" + headers + "\r\n" + body;
}

void require_refused(std::string const& request, int status = 400, std::string_view code = "MALFORMED_REQUEST") {
    INFO(Catch::StringMaker<std::string>::convert(request));
    connection client(shared_server().port());
    client.send(request + hidden);
    auto const response = client.read();
    require_error(response, status, code);
    CHECK(response.closes());
    CHECK(client.ended(std::chrono::seconds(5)));
}

}  // namespace

TEST_CASE("two lengths", "[hostile]") {
    std::string const chunked = "Transfer-Encoding: chunked\r\n";
    require_refused(post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"));
    require_refused(post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"));
    require_refused(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"));
    require_refused(post("Content-Length: 5, 6\r\n", "hello"));
    require_refused(post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"));
}

TEST_CASE("lengths that are not numbers", "[hostile]") {
    for (auto const* length : {"+5", "-5", "0x5", "5 5", "5;", "", "five", "99999999999999999999999", "5.0"})
        require_refused(post("Content-Length: " + std::string(length) + "\r\n", "hello"));
}

TEST_CASE("transfer codings other than chunked, once, in HTTP/1.1", "[hostile]") {
    for (auto const* coding : {"gzip", "chunked, gzip", "chunked, chunked", "xchunked", "chunked;q=1", "identity",
                               "\"chunked\"", "chunked\x0b"})
        require_refused(post("Transfer-Encoding: " + std::string(coding) + "\r\n", "0\r\n\r\n"));
    for (auto const* codings : {"gzip, chunked", "identity,chunked", "x , deflate, Chunked"})
        require_refused(post("Transfer-Encoding: " + std::string(codings) + "\r\n", "0\r\n\r\n"), 501,
                        "NOT_IMPLEMENTED");
    require_refused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
    require_refused(post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
    require_refused(
        "POST /predict HTTP/1.0\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_CASE("chunks that are malformed", "[hostile]") {
    for (auto const* body :
         {"zz\r\n", "-1\r\nx\r\n0\r\n\r\n", "0x1\r\nx\r\n0\r\n\r\n", "1\r\nxy\r\n0\r\n\r\n", "1\nx\r\n0\r\n\r\n",
          "\r\n0\r\n\r\n", "fffffffffffffffffff\r\nx", " 1\r\nx\r\n0\r\n\r\n", "1\r\nx\n0\r\n\r\n",
          "1;\r\nx\r\n0\r\n\r\n", "1;bad[=x\r\nx\r\n0\r\n\r\n", "1;a=\"b\r\nx\r\n0\r\n\r\n", "1 \r\nx\r\n0\r\n\r\n",
          "1\r\nx\r\n0\r\nno colon\r\n\r\n", "1\r\nx\r\n0\r\nX: a\r\n b\r\n\r\n", "1\r\nx\r\n0\r\nX : a\r\n\r\n"})
        require_refused(post("Transfer-Encoding: chunked\r\n", body));
}

TEST_CASE("header lines that are malformed", "[hostile]") {
    require_refused(post("Content-Length : 5\r\n", "hello"));
    require_refused(post("Content-Length\t: 5\r\n", "hello"));
    require_refused(post("X-A: b\r\n Content-Length: 5\r\n", "hello"));
    require_refused(post("X-A: b\r\n\tc\r\nContent-Length: 0\r\n"));
    require_refused(post("X-A: b\rContent-Length: 5\r\n", "hello"));
    require_refused(post("X-A: b\nContent-Length: 5\r\n", "hello"));
    require_refused(post(std::string("X-A: b\0c\r\n", 10)));
    require_refused(post(": no name\r\n"));
    require_refused(post("No colon\r\n"));
    require_refused(post("X(A): b\r\n"));
}

TEST_CASE("request lines that are malformed", "[hostile]") {
    for (auto const* line :
         {"GET /health HTTP/1.1 ", "GET /hea lth HTTP/1.1", "GET /health\tHTTP/1.1", "GET /health HTTP/1.1\r",
          "G@T /health HTTP/1.1", "GET /health HTTP/1.1\nX: y", "GET health HTTP/1.1", "GET /health http/1.1",
          "GET * HTTP/1.1", "GET http://u@a/health HTTP/1.1", "GET http://a:b/health HTTP/1.1",
          "GET http://[::1/health HTTP/1.1"})
        require_refused(std::string(line) + "\r\nHost: a\r\n\r\n");
    for (auto const* version : {"2.0", "5.6", "0.9"})
        require_refused("GET /health HTTP/" + std::string(version) + "\r\nHost: a\r\n\r\n", 505,
                        "HTTP_VERSION_NOT_SUPPORTED");
}

TEST_CASE("hosts that are malformed", "[hostile]") {
    for (auto const* host : {"a:b", "::1", "[::1", "[x]", "a#b", "a:80:80", "a%4", "a|b", "u@a", "a, b", "a/b"})
        require_refused("GET /health HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
}

TEST_CASE("targets and methods that are too long", "[hostile]") {
    for (std::size_t const size : {8192, 20'000})
        require_refused(make_request("GET", "/" + std::string(size, 'a')), 414, "URI_TOO_LONG");
    require_refused(make_request(std::string(20'000, 'A'), "/"), 501, "NOT_IMPLEMENTED");
}

TEST_CASE("what follows a whole body is the next request, and nothing of the body is", "[hostile]") {
    connection client(shared_server().port());
    auto const disguised = make_request("DELETE", "/hidden");
    client.send(make_request("POST", "/health", {}, disguised) + make_request("GET", "/health"));
    CHECK(client.read().status == 405);
    CHECK(client.read().status == 200);
    client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n" +
                in_chunks(disguised, 10) + make_request("GET", "/health"));
    CHECK(client.read().status == 415);
    CHECK(client.read().status == 200);
}
