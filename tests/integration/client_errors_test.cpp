// Tests of the 4xx rows of the contract's error table, each provoked over a socket.
#include "bodies.hpp"
#include "checks.hpp"
#include "scale.hpp"

#include "catch.hpp"

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

enum class after { stays, closes };

/// Sends the request on a connection of its own; checks the error, the log line with its ID, and what becomes of the
/// connection.
http_response require_refusal(server_process const& server, std::string const& request, int status,
                              std::string_view code, after then) {
    connection client(server.port());
    client.send(request);
    auto const response = client.read();
    require_error(response, status, code);
    auto const lines = server.log_lines_of(response.header("X-Correlation-ID"));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("status").to_number<int>() == status);
    CHECK(response.closes() == (then == after::closes));
    if (then == after::closes)
        CHECK(client.ended(std::chrono::seconds(5)));
    else
        CHECK(client.ask(make_request("GET", "/health")).status == 200);
    return response;
}

std::string post_json(std::string_view body) {
    return make_request("POST", "/predict", {{"Content-Type", "application/json"}}, body);
}

}  // namespace

TEST_CASE("400 MALFORMED_REQUEST: bytes that are not HTTP close the connection", "[errors]") {
    auto const request =
        GENERATE(as<std::string>{}, "hello\r\n\r\n", "GET /health\r\n\r\n", "GET /health HTTP/11\r\nHost: a\r\n\r\n",
                 "GET  /health HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health HTTP/1.1\r\nHost a\r\n\r\n",
                 "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET /health HTTP/1.1\r\n\r\n",
                 "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    INFO(request);
    require_refusal(shared_server(), request, 400, "MALFORMED_REQUEST", after::closes);
}

TEST_CASE("400 MALFORMED_REQUEST: JSON and base64 that cannot be read leave the connection open", "[errors]") {
    auto const body =
        GENERATE(as<std::string>{}, "{\"image\": ", "not json", "{\"image\": \"@@@@\"}", "{\"image\": \"abcde\"}",
                 "{\"images\": [\"QUJD\", 7]}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
    INFO(body);
    require_refusal(shared_server(), post_json(body), 400, "MALFORMED_REQUEST", after::stays);
}

TEST_CASE("400 MALFORMED_MULTIPART", "[errors]") {
    auto const post = [](std::string const& type, std::string const& body) {
        return make_request("POST", "/predict", {{"Content-Type", type}}, body);
    };
    std::string const part = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n";
    auto const request = GENERATE_COPY(
        post("multipart/form-data", "x"), post("multipart/form-data; boundary=", "x"),
        post("multipart/form-data; boundary=b", "no boundary here"), post("multipart/form-data; boundary=b", part),
        post("multipart/form-data; boundary=b", "--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n"),
        post("multipart/form-data; boundary=b", "--b\nContent-Disposition: form-data; name=\"file\"\n\nx\n--b--\n"));
    INFO(request);
    require_refusal(shared_server(), request, 400, "MALFORMED_MULTIPART", after::stays);
}

TEST_CASE("400 MALFORMED_MULTIPART: too many parts", "[errors]") {
    std::vector<form_file> const files(101, {"note", "", "x"});
    require_refusal(shared_server(), post_form("/predict", files), 400, "MALFORMED_MULTIPART", after::stays);
}

TEST_CASE("400 MISSING_FILE", "[errors]") {
    auto const request =
        GENERATE(post_form("/predict", {{"image", "a.jpg", "x"}}), post_form("/predict", {}), post_json("{}"),
                 post_json("[1]"), post_json("{\"images\": []}"), make_request("POST", "/predict"));
    INFO(request);
    require_refusal(shared_server(), request, 400, "MISSING_FILE", after::stays);
}

TEST_CASE("400 EMPTY_FILE", "[errors]") {
    auto const request = GENERATE(post_form("/predict", {{"file", "a.jpg", ""}}), post_image("/predict", ""),
                                  post_json("{\"image\": \"\"}"));
    INFO(request);
    require_refusal(shared_server(), request, 400, "EMPTY_FILE", after::stays);
}

TEST_CASE("404 NOT_FOUND and 405 METHOD_NOT_ALLOWED", "[errors]") {
    for (auto const* target : {"/nowhere", "/predict/", "/health/x", "//", "/%70redictx"})
        require_refusal(shared_server(), make_request("GET", target), 404, "NOT_FOUND", after::stays);
    auto const predict =
        require_refusal(shared_server(), make_request("GET", "/predict"), 405, "METHOD_NOT_ALLOWED", after::stays);
    CHECK_THAT(predict.header("Allow"), ContainsSubstring("POST"));
    auto const health =
        require_refusal(shared_server(), make_request("POST", "/health"), 405, "METHOD_NOT_ALLOWED", after::stays);
    CHECK_THAT(health.header("Allow"), ContainsSubstring("GET"));
    require_refusal(shared_server(), make_request("DELETE", "/info", {}, "a body that nobody wants"), 405,
                    "METHOD_NOT_ALLOWED", after::stays);
}

TEST_CASE("415 UNSUPPORTED_MEDIA_TYPE, judged by the bytes", "[errors]") {
    for (auto const* bytes : {"hello, world", "%PDF-1.4\n", "<svg xmlns='http://www.w3.org/2000/svg'/>",
                              "\x7f"
                              "ELF\x02\x01\x01"})
        require_refusal(shared_server(), make_request("POST", "/predict", {{"Content-Type", "image/jpeg"}}, bytes), 415,
                        "UNSUPPORTED_MEDIA_TYPE", after::stays);
    server_process const picky(narrow({"--formats", "png"}));
    require_refusal(picky, post_image("/predict", sample_bytes("star-1.jpg")), 415, "UNSUPPORTED_MEDIA_TYPE",
                    after::stays);
    require_prediction(picky.ask(post_image("/predict", sample_bytes("heart-1.png"))), 5);
}

TEST_CASE("422 VALIDATION_ERROR", "[errors]") {
    auto const query = GENERATE("top_k=0", "top_k=100001", "top_k=-1", "top_k=abc", "top_k=", "top_k=1.5",
                                "top_k=99999999999999999999", "timeout_ms=0", "timeout_ms=-5", "timeout_ms=soon",
                                "min_confidence=1.01", "min_confidence=-0.1", "min_confidence=", "min_confidence=nan",
                                "min_confidence=half", "groups=2", "groups=", "groups=yes", "groups=1");
    INFO(query);
    require_refusal(shared_server(), post_image(std::string("/predict?") + query, sample_bytes()), 422,
                    "VALIDATION_ERROR", after::stays);
}

TEST_CASE("422 VALIDATION_ERROR: too many images", "[errors]") {
    std::vector<form_file> const files(33, {"file", "a.jpg", sample_bytes()});
    require_refusal(shared_server(), post_form("/predict", files), 422, "VALIDATION_ERROR", after::stays);
}

TEST_CASE("422 PREPROCESSING_FAILED", "[errors]") {
    auto const jpeg = sample_bytes("star-1.jpg");
    auto const png = sample_bytes("heart-1.png");
    auto const bytes = GENERATE_COPY(jpeg.substr(0, jpeg.size() / 2), png.substr(0, png.size() / 2), jpeg.substr(0, 20),
                                     make_bmp(20, 20).substr(0, 200), make_png_header(10, 10));
    require_refusal(shared_server(), post_image("/predict", bytes), 422, "PREPROCESSING_FAILED", after::stays);
}

TEST_CASE("413 IMAGE_TOO_LARGE, from the header alone", "[errors]") {
    require_refusal(shared_server(), post_image("/predict", make_png_header(20'000, 20'000)), 413, "IMAGE_TOO_LARGE",
                    after::stays);
    require_refusal(shared_server(), post_image("/predict", make_png_header(2'000'000'000, 2'000'000'000)), 413,
                    "IMAGE_TOO_LARGE", after::stays);
    server_process const small(narrow({"--max-pixels", "10000"}));
    require_refusal(small, post_image("/predict", make_bmp(101, 100)), 413, "IMAGE_TOO_LARGE", after::stays);
    require_prediction(small.ask(post_image("/predict", make_bmp(100, 100))), 5);
}

TEST_CASE("413 FILE_TOO_LARGE, however the image is sent", "[errors]") {
    server_process const server(narrow({"--max-image-bytes", "20000", "--max-body-bytes", "100000"}));
    auto const small = make_bmp(80, 80);
    auto const large = make_bmp(90, 90);
    REQUIRE(small.size() < 20'000);
    REQUIRE(large.size() > 20'000);
    require_prediction(server.ask(post_image("/predict", small)), 5);
    require_prediction(server.ask(post_form("/predict", {{"file", "a.bmp", small}})), 5);

    std::string const chunked =
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/bmp\r\nTransfer-Encoding: chunked\r\n\r\n";
    auto const ask = [&](std::string const& request) {
        connection client(server.port());
        client.send(request);
        auto const response = client.read();
        require_error(response, 413, "FILE_TOO_LARGE");
        CHECK_THAT(response.body, ContainsSubstring("0000"));
        if (response.closes())
            CHECK(client.ended(std::chrono::seconds(10)));
        else
            CHECK(client.ask(make_request("GET", "/health")).status == 200);
    };
    ask(post_image("/predict", large));
    ask(post_form("/predict", {{"file", "a.bmp", large}}));
    ask(post_form("/predict", {{"file", "a.bmp", small}, {"file", "b.bmp", large}}));
    ask(post_form("/predict", std::vector<form_file>(6, {"file", "a.bmp", small})));
    ask(post_json("{\"image\": \"" + encode_base64(large) + "\"}"));
    ask(chunked + in_chunks(large, 1'000));
    ask(chunked + in_chunks(make_bmp(300, 300), 4'096));
    require_idle(server);
}

TEST_CASE("413 FILE_TOO_LARGE comes before the body is sent", "[errors]") {
    connection client(shared_server().port());
    client.send(
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000000000\r\n\r\n");
    require_error(client.read(), 413, "FILE_TOO_LARGE");
    CHECK(client.ended(std::chrono::seconds(10)));

    connection polite(shared_server().port());
    polite.send(
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nExpect: 100-continue\r\nContent-Length: "
        "1000000000\r\n\r\n");
    require_error(polite.read(), 413, "FILE_TOO_LARGE");
}

TEST_CASE("431 HEADERS_TOO_LARGE", "[errors]") {
    server_process const server(narrow({"--max-header-bytes", "2048"}));
    for (auto const& request : {make_request("GET", "/health", {{"X-Long", std::string(4'000, 'x')}}),
                                make_request("GET", "/health", header_list(200, {"X-Many", "x"}))})
        require_refusal(server, request, 431, "HEADERS_TOO_LARGE", after::closes);
    CHECK(server.ask(make_request("GET", "/health", {{"X-Long", std::string(1'900, 'x')}})).status == 200);
}

TEST_CASE("414 URI_TOO_LONG", "[errors]") {
    require_refusal(shared_server(), make_request("GET", "/health?" + std::string(9'000, 'x')), 414, "URI_TOO_LONG",
                    after::closes);
    server_process const server(narrow({"--max-header-bytes", "2048"}));
    require_refusal(server, make_request("GET", "/health?" + std::string(4'000, 'x')), 414, "URI_TOO_LONG",
                    after::closes);
}

TEST_CASE("417 EXPECTATION_FAILED", "[errors]") {
    require_refusal(shared_server(), make_request("GET", "/health", {{"Expect", "200-ok"}}), 417, "EXPECTATION_FAILED",
                    after::stays);
    CHECK(shared_server().ask(make_request("GET", "/health", {{"Expect", ""}})).status == 200);
}

TEST_CASE("501 NOT_IMPLEMENTED and 505 HTTP_VERSION_NOT_SUPPORTED", "[errors]") {
    require_refusal(shared_server(), make_request("BREW", "/health"), 501, "NOT_IMPLEMENTED", after::stays);
    require_refusal(shared_server(), "GET /health HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED",
                    after::closes);
    CHECK(shared_server().ask("GET /health HTTP/1.2\r\nHost: a\r\n\r\n").status == 200);
}

TEST_CASE("408 REQUEST_TIMEOUT: a header, or a body, that does not come", "[errors]") {
    server_process const server(narrow({"--header-timeout-ms", "300", "--min-body-bytes-per-s", "100000"}));
    std::optional<connection> slow_body(server.port());
    slow_body->send(
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\nabc");
    require_refusal(server, "GET /health HTTP/1.1\r\nHos", 408, "REQUEST_TIMEOUT", after::closes);
    auto const response = slow_body->read();
    require_error(response, 408, "REQUEST_TIMEOUT");
    CHECK(response.closes());
    CHECK(slow_body->ended(std::chrono::seconds(scaled(3, 10))));
    slow_body.reset();
    require_idle(server);
}

TEST_CASE("a connection on which nothing is asked is closed without a word", "[errors]") {
    server_process const server(narrow({"--idle-timeout-ms", "300"}));
    connection silent(server.port());
    CHECK(silent.ended(patience));
    connection once(server.port());
    CHECK(once.ask(make_request("GET", "/health")).status == 200);
    CHECK(once.ended(patience));
}
