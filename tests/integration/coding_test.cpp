// Tests of compressed bodies and answers on the real program, and of what real clients write oddly.
#include "bodies.hpp"
#include "checks.hpp"
#include "compressed.hpp"
#include "left_behind.hpp"
#include "protocol_requests.hpp"
#include "scale.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "catch.hpp"

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
namespace json = boost::json;

namespace {

std::string post_as(std::string_view type, std::string_view body, std::string_view coding) {
    return make_request("POST", "/predict",
                        {{"Content-Type", std::string(type)}, {"Content-Encoding", std::string(coding)}}, body);
}

std::string predictions_of(http_response const& response) {
    return json::serialize(require_prediction(response, 5).at("predictions"));
}

/// A form with this boundary, whose only part has these parameters beside its name.
std::string form(std::string const& boundary, std::string const& parameters, std::string_view bytes) {
    auto const body = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; " + parameters +
                      "\r\nContent-Type: image/jpeg\r\n\r\n" + std::string(bytes) + "\r\n--" + boundary + "--\r\n";
    return make_request("POST", "/predict", {{"Content-Type", "multipart/form-data;boundary=" + boundary}}, body);
}

}  // namespace

TEST_CASE("a compressed image is the image, however it is sent", "[contract]") {
    connection client(shared_server().port());
    auto const bytes = sample_bytes();
    auto const expected = predictions_of(client.ask(post_image("/predict", bytes)));
    auto const with_form = make_form({{"file", "star.jpg", bytes}});
    auto const& form_type = with_form.headers[0].second;
    auto const with_json = "{\"image\": \"" + encode_base64(bytes) + "\"}";
    for (auto const& [type, body] : {std::pair<std::string, std::string>{"image/jpeg", bytes},
                                     {form_type, with_form.bytes},
                                     {"application/json", with_json}}) {
        INFO(type);
        CHECK(predictions_of(client.ask(post_as(type, gzipped(body), "gzip"))) == expected);
        CHECK(predictions_of(client.ask(post_as(type, deflated(body, zlib_format::zlib), "deflate"))) == expected);
        CHECK(predictions_of(client.ask(post_as(type, zstd_compressed(body), "zstd"))) == expected);
    }
}

TEST_CASE("Triton's clients compress what they send and read", "[protocol]") {
    connection client(shared_server().port());
    auto const picture = make_picture(5);
    auto const tensor = bytes_of(picture.tensor);
    std::string const head =
        R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 3, 224, 224], "parameters": )"
        R"({"binary_data_size": 602112}}]})";
    auto const expected = require_answer(client.ask(infer_binary(head, tensor))).output("logits").numbers;
    // The length is that of the JSON before it was compressed.
    for (auto const& [coding, body] : {std::pair("gzip", gzipped(head + tensor)),
                                       std::pair("deflate", deflated(head + tensor, zlib_format::zlib))}) {
        auto const answer = client.ask(make_request(
            "POST", "/v2/models/resnet50/infer",
            {{"Inference-Header-Content-Length", std::to_string(head.size())}, {"Content-Encoding", coding}}, body));
        CHECK(require_answer(answer).output("logits").numbers == expected);
    }
    auto many = element(picture.file);
    for (int i = 0; i < 3; ++i) many += many;
    auto const eight = R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [8], "parameters": )"
                       R"({"binary_data_size": )" +
                       std::to_string(many.size()) + "}}]}";
    auto const length = std::to_string(eight.size());
    auto const ask = [&](header_list headers) {
        headers.emplace_back("Inference-Header-Content-Length", length);
        return client.ask(make_request("POST", "/v2/models/resnet50/infer", headers, eight + many));
    };
    auto compressed = ask({{"Accept-Encoding", "gzip"}});
    CHECK(compressed.header("Content-Encoding") == "gzip");
    compressed.body = gunzipped(compressed.body);
    CHECK(require_answer(compressed).output("logits").numbers == require_answer(ask({})).output("logits").numbers);
}

TEST_CASE("415 UNSUPPORTED_MEDIA_TYPE: an unknown coding, with those that are known", "[errors]") {
    auto const predicted = shared_server().ask(post_as("image/jpeg", sample_bytes(), "br"));
    require_error(predicted, 415, "UNSUPPORTED_MEDIA_TYPE");
    CHECK_THAT(std::string(require_json(predicted).at("error").at("message").as_string()), ContainsSubstring("`br`"));
    auto const inferred =
        shared_server().ask(make_request("POST", "/v2/models/resnet50/infer", {{"Content-Encoding", "br"}}, "{}"));
    CHECK(inferred.status == 415);
    CHECK(keys(require_json(inferred)) == std::vector<std::string>{"error"});
    for (auto const* response : {&predicted, &inferred})
        CHECK(response->header("Accept-Encoding") == "gzip, deflate, zstd");
}

TEST_CASE("bombs are refused for what they cost, and leave nothing behind", "[hostile]") {
    auto const& server = shared_server();
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
    unchanged const before(server);
    std::string const zeros(64 * mebibyte, '\0');
    for (auto const& [coding, body] : {std::pair("gzip", gzipped(zeros)), std::pair("zstd", zstd_compressed(zeros)),
                                       std::pair("deflate", deflated(zeros, zlib_format::raw))})
        for (auto const* type : {"image/bmp", "application/json", "multipart/form-data; boundary=b"}) {
            INFO(coding << ", " << type);
            auto const response = server.ask(post_as(type, body, coding));
            require_error(response, 413, "FILE_TOO_LARGE");
        }
    before.require(16 * mebibyte);
}

TEST_CASE("long answers are compressed for clients that accept it, images are not", "[contract]") {
    auto const get = [](std::string_view target) {
        return shared_server().ask(make_request("GET", target, {{"Accept-Encoding", "gzip, deflate"}}));
    };
    for (auto const* target : {"/", "/docs", "/openapi.json", "/metrics", "/assets/page.js"}) {
        INFO(target);
        auto const response = get(target);
        CHECK(response.header("Content-Encoding") == "gzip");
        CHECK_THAT(response.header("Vary"), ContainsSubstring("Accept-Encoding"));
        auto const plain = shared_server().get(target);
        CHECK_FALSE(plain.has("Content-Encoding"));
        CHECK(response.body.size() < plain.body.size());
        if (std::string_view(target) != "/metrics") CHECK((gunzipped(response.body) == plain.body));
    }
    for (auto const* target : {"/assets/star-1.jpg", "/health"}) CHECK_FALSE(get(target).has("Content-Encoding"));
    auto const page = get("/");
    auto const again = shared_server().ask(make_request("GET", "/", {{"If-None-Match", page.header("ETag")}}));
    CHECK(again.status == 304);
}

TEST_CASE("forms as clients write them: odd boundaries and names never fail an upload", "[contract]") {
    auto const bytes = sample_bytes();
    connection client(shared_server().port());
    auto const expected = predictions_of(client.ask(post_image("/predict", bytes)));
    std::string const names[][2] = {
        {R"(filename="a.jpg")", "a.jpg"},
        {R"(filename="a "b".jpg")", R"(a "b".jpg)"},
        {R"(filename="a%22b%0D%0A.jpg")", "a\"b\r\n.jpg"},
        {R"(filename="never closed.jpg)", "never closed.jpg"},
        {"filename=two words.jpg", "two words.jpg"},
        {"filename=\"cafe.jpg\"; filename*=iso-8859-1''caf%E9.jpg", "caf\xc3\xa9.jpg"},
        {"filename=\"x.jpg\"; filename*=shift_jis''%83J.jpg", "x.jpg"},
        {"filename=\"caf\xe9.jpg\"", "caf\xef\xbf\xbd.jpg"},
    };
    for (auto const& [sent, read] : names) {
        INFO(sent);
        auto const response = client.ask(form("BBB", sent, bytes));
        CHECK(predictions_of(response) == expected);
        CHECK(require_json(response).at("meta").at("filename").as_string() == read);
    }
    for (auto const& boundary : {std::string("*****"), std::string(70, '<'), std::string("{a}|\xc3\xa9")}) {
        INFO(boundary);
        CHECK(predictions_of(client.ask(form(boundary, R"(filename="a.jpg")", bytes))) == expected);
    }
}

TEST_CASE("several files in one part are refused with the way to send them", "[errors]") {
    auto const inner =
        "--i\r\nContent-Disposition: attachment; filename=\"a.jpg\"\r\n\r\n" + sample_bytes() + "\r\n--i--\r\n";
    auto const body =
        "--o\r\nContent-Disposition: form-data; name=\"file\"\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n" +
        inner + "\r\n--o--\r\n";
    auto const response = shared_server().ask(
        make_request("POST", "/predict", {{"Content-Type", "multipart/form-data; boundary=o"}}, body));
    require_error(response, 400, "MALFORMED_MULTIPART");
    CHECK_THAT(response.body, ContainsSubstring("-F file=@a -F file=@b"));
}

TEST_CASE("JSON as clients write it: line breaks in base64, the URL alphabet, a byte order mark", "[contract]") {
    connection client(shared_server().port());
    auto const bytes = sample_bytes();
    auto const expected = predictions_of(client.ask(post_image("/predict", bytes)));
    auto const plain = encode_base64(bytes);
    std::string broken, for_urls = plain;
    for (std::size_t at = 0; at < plain.size(); at += 76) broken += plain.substr(at, 76) + "\\n";
    for (auto& c : for_urls) c = c == '+' ? '-' : c == '/' ? '_' : c;
    for (auto const& body : {"{\"image\": \"" + broken + "\"}", "{\"image\": \"" + for_urls + "\"}",
                             "\xef\xbb\xbf{\"image\": \"" + plain + "\"}"}) {
        INFO(body.substr(0, 100));
        CHECK(predictions_of(client.ask(
                  make_request("POST", "/predict", {{"Content-Type", "application/json"}}, body))) == expected);
    }
    auto const answer = client.ask(infer_json(
        "\xef\xbb\xbf{\"id\": null, \"inputs\": [{\"name\": \"image\", \"datatype\": \"BYTES\", \"shape\": [1], "
        "\"data\": [\"" +
        broken + "\"]}]}"));
    CHECK_FALSE(require_answer(answer).json.contains("id"));
}
