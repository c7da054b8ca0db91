#include "request_head.hpp"

#include "catch.hpp"

#include <string>

namespace {

using namespace sma::http;
using namespace std::string_literals;

/// What becomes of the bytes as they are: the head, or the error.
sma::result<request_head> read(std::string const& bytes) {
    head_scanner scanner;
    auto const size = scanner.scan(bytes);
    if (!size) return size.error();
    if (!*size) return sma::error(sma::errc::request_timeout, "incomplete");
    return parse_head(std::string_view(bytes).substr(0, **size));
}

std::string with(std::string const& lines) { return "POST /p HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"; }

}  // namespace

TEST_CASE("a head is read into its fields", "[head]") {
    auto const head =
        read("POST /predict?top_k=3 HTTP/1.1\r\nHost: example.org:8000\r\nContent-Length: 12\r\nX-A:  b \r\n\r\nrest");
    REQUIRE(head.has_value());
    REQUIRE(head->method == verb::post);
    REQUIRE(head->target == "/predict?top_k=3");
    REQUIRE(head->version == 11);
    REQUIRE(head->keep_alive);
    REQUIRE(head->framing == body_framing::length);
    REQUIRE(head->content_length == 12);
    REQUIRE(head->fields["X-A"] == "b");
}

TEST_CASE("requests that two servers could read differently are refused", "[head]") {
    struct row {
        char const* what;
        std::string bytes;
    };
    row const rows[] = {
        {"both lengths", with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
        {"both lengths, other order", with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
        {"two different lengths", with("Content-Length: 3\r\nContent-Length: 4\r\n")},
        {"two equal lengths", with("Content-Length: 3\r\nContent-Length: 3\r\n")},
        {"a list of lengths", with("Content-Length: 3, 3\r\n")},
        {"a length with a sign", with("Content-Length: +3\r\n")},
        {"a negative length", with("Content-Length: -3\r\n")},
        {"a hexadecimal length", with("Content-Length: 0x3\r\n")},
        {"an empty length", with("Content-Length: \r\n")},
        {"a length beyond 64 bits", with("Content-Length: 99999999999999999999\r\n")},
        {"a coding without chunked", with("Transfer-Encoding: gzip\r\n")},
        {"chunked before another coding", with("Transfer-Encoding: chunked, gzip\r\n")},
        {"chunked twice and another", with("Transfer-Encoding: chunked, gzip, chunked\r\n")},
        {"a coding that is no token", with("Transfer-Encoding: g(zip, chunked\r\n")},
        {"an empty coding", with("Transfer-Encoding: , chunked\r\n")},
        {"an empty list of codings", with("Transfer-Encoding:\r\n")},
        {"a parameter of chunked", with("Transfer-Encoding: chunked;q=1\r\n")},
        {"chunked twice", with("Transfer-Encoding: chunked, chunked\r\n")},
        {"two coding headers", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"chunked and identity", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
        {"a coding and a length", with("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n")},
        {"a coding with a vertical tab", with("Transfer-Encoding: \x0b"
                                              "chunked\r\n")},
        {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"space before the colon", with("Content-Length : 3\r\n")},
        {"tab before the colon", with("Transfer-Encoding\t: chunked\r\n")},
        {"folded header", with("X-A: b\r\n c\r\n")},
        {"folded by a tab", with("X-A: b\r\n\tc\r\n")},
        {"whitespace before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {"bare CR in a value", with("X-A: b\rContent-Length: 3\r\n")},
        {"bare CR at the end of a value", with("X-A: b\r\r\n")},
        {"bare LF", "GET / HTTP/1.1\nHost: a\n\n"},
        {"bare LF after one header", with("X-A: b\nContent-Length: 3\r\n")},
        {"NUL in a value", with("X-A: b\0c\r\n"s)},
        {"NUL in a name", with("X\0A: c\r\n"s)},
        {"no colon", with("Content-Length 3\r\n")},
        {"no name", with(": 3\r\n")},
        {"no Host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n"},
        {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
        {"two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
        {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"a Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
        {"a Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {"a Host with a port that is no number", "GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n"},
        {"a malformed Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a|b\r\n\r\n"},
        {"a user in the target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a target with a port that is no number", "GET http://a:8o/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"* with another method than OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"HTTP/0.9", "GET /\r\n\r\n"},
        {"a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
        {"a version without a minor one", "GET / HTTP/1\r\nHost: a\r\n\r\n"},
        {"a version that is no number", "GET / HTTP/1.x\r\nHost: a\r\n\r\n"},
        {"lower-case protocol", "GET / http/1.1\r\nHost: a\r\n\r\n"},
        {"two spaces in the request line", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
        {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"TLS", "\x16\x03\x01\x02"},
        {"relative target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"authority form", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"another scheme", "GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"bytes beyond ASCII in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"},
    };
    for (auto const& r : rows) {
        INFO(r.what);
        auto const head = read(r.bytes);
        REQUIRE_FALSE(head.has_value());
        CHECK(head.error().code == sma::errc::malformed_request);
    }
}

TEST_CASE("what the server does not know has a code of its own", "[head]") {
    using sma::errc;
    std::string const host = "\r\nHost: a\r\n\r\n";
    std::string const long_method = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456";
    std::pair<std::string, errc> const rows[] = {
        {"GET /" + std::string(target_bytes_max, 'a') + " HTTP/1.1" + host, errc::uri_too_long},
        {"GET /?" + std::string(target_bytes_max, 'a') + " HTTP/1.1" + host, errc::uri_too_long},
        {"GET /" + std::string(target_bytes_max, 'a'), errc::uri_too_long},
        {long_method + " / HTTP/1.1" + host, errc::not_implemented},
        {long_method, errc::not_implemented},
        {with("Transfer-Encoding: gzip, chunked\r\n"), errc::not_implemented},
        {with("Transfer-Encoding: gzip , deflate,CHUNKED\r\n"), errc::not_implemented},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", errc::http_version_not_supported},
        {"GET / HTTP/5.6" + host, errc::http_version_not_supported},
        {"GET / HTTP/0.9" + host, errc::http_version_not_supported},
    };
    for (auto const& [bytes, code] : rows) {
        INFO(bytes.substr(0, 60));
        auto const head = read(bytes);
        REQUIRE_FALSE(head.has_value());
        CHECK(head.error().code == code);
    }
    auto const longest = "GET /" + std::string(target_bytes_max - 1, 'a') + " HTTP/1.1" + host;
    CHECK(read(longest)->target.size() == target_bytes_max);
    CHECK(read(long_method.substr(1) + " / HTTP/1.1" + host)->method == verb::unknown);
}

TEST_CASE("later versions of HTTP/1 are read as HTTP/1.1", "[head]") {
    auto const head = read("POST /p HTTP/1.2\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
    REQUIRE(head.has_value());
    CHECK(head->version == 11);
    CHECK(head->keep_alive);
    CHECK(head->content_length == 3);
    CHECK(read("GET / HTTP/1.9\r\nHost: a\r\n\r\n")->version == 11);
}

TEST_CASE("expectations", "[head]") {
    CHECK(read(with("Expect: 100-Continue\r\nContent-Length: 3\r\n"))->expects_continue);
    CHECK(read(with("Expect: 100-continue, 100-continue\r\n"))->expects_continue);
    CHECK_FALSE(read(with("Expect: 100-continue\r\n"))->expects_unknown);
    CHECK_FALSE(read(with("Expect:\r\n"))->expects_unknown);
    CHECK_FALSE(read(with("Expect:\r\n"))->expects_continue);
    CHECK(read(with("Expect: 200-ok\r\nContent-Length: 3\r\n"))->expects_unknown);
    CHECK(read(with("Expect: 100-continue\r\nExpect: x\r\n"))->expects_unknown);
    CHECK_FALSE(read("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")->expects_continue);
}

TEST_CASE("what is unusual and clear is accepted", "[head]") {
    CHECK(read("GET / HTTP/1.0\r\n\r\n").has_value());
    CHECK(read("GET / HTTP/1.1\r\nHost:\r\n\r\n").has_value());
    CHECK(read("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n").has_value());
    CHECK(read("GET http://example.org/a?b HTTP/1.1\r\nHost: a\r\n\r\n").has_value());
    CHECK(read("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").has_value());
    CHECK(read("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")->method == verb::unknown);
    CHECK(read(with("transfer-encoding: CHUNKED\r\n"))->framing == body_framing::chunked);
    CHECK(read(with("Content-Length: 0\r\n"))->framing == body_framing::none);
    CHECK(read(with("X-A: caf\xc3\xa9\r\n")).has_value());
}

TEST_CASE("the wish to keep the connection follows version and header", "[head]") {
    CHECK_FALSE(read("GET / HTTP/1.0\r\n\r\n")->keep_alive);
    CHECK(read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->keep_alive);
    CHECK_FALSE(read(with("Connection: close\r\n"))->keep_alive);
    CHECK_FALSE(read(with("Connection: x, close\r\n"))->keep_alive);
}

TEST_CASE("a head that comes byte by byte is the same head", "[head]") {
    auto const bytes = with("Content-Length: 3\r\n");
    head_scanner scanner;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        auto const found = scanner.scan(std::string_view(bytes).substr(0, size));
        REQUIRE(found.has_value());
        REQUIRE_FALSE(found->has_value());
    }
    REQUIRE(**scanner.scan(bytes) == bytes.size());
}

TEST_CASE("a malformed line is refused before the head is complete", "[head]") {
    head_scanner scanner;
    REQUIRE_FALSE(scanner.scan("GET / HTTP/1.1\r\nHost : a\r\n").has_value());
}
