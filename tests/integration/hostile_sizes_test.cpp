// Tests of ten thousand parts, names of a megabyte and promises of gigabytes: a right response, and no memory for them.
#include "bodies.hpp"
#include "checks.hpp"
#include "left_behind.hpp"
#include "protocol_requests.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <cstring>
#include <string>
#include <thread>
#include <vector>

using namespace sma::test;

namespace {

std::string const megabyte_name(1'000'000, 'n');

/// Sent by a thread of its own: the answer may come, and has to be read, before the end of the request.
http_response answer_to(server_process const& server, std::string const& request) {
    connection client(server.port());
    std::thread sender([&] { client.try_send(request); });
    auto const join = [&] { sender.join(); };
    try {
        auto response = client.read();
        if (response.closes())
            CHECK(client.ended(patience));
        else
            client.finish_sending();
        join();
        return response;
    } catch (...) {
        client.finish_sending();
        join();
        throw;
    }
}

std::string post_as(std::string const& type, std::string const& body) {
    return make_request("POST", "/predict", {{"Content-Type", type}}, body);
}

std::string announced(std::string const& headers, std::string const& begin) {
    return "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\n" + headers + "\r\n\r\n" + begin;
}

std::string bmp_of_size(std::uint32_t width, std::uint32_t height) {
    auto bytes = make_bmp(1, 1);
    std::memcpy(bytes.data() + 18, &width, sizeof width);
    std::memcpy(bytes.data() + 22, &height, sizeof height);
    return bytes;
}

std::vector<form_file> notes_and_an_image(std::size_t parts) {
    std::vector<form_file> files(parts - 1, {"note", "", "x"});
    files.push_back({"file", "a.gif", std::string(tiny_gif)});
    return files;
}

}  // namespace

TEST_CASE("10,000 parts", "[hostile]") {
    auto const& server = shared_server();
    unchanged const before(server);
    require_error(answer_to(server, post_form("/predict", notes_and_an_image(10'000))), 400, "MALFORMED_MULTIPART");
    std::vector<form_file> const images(10'000, {"file", "a.gif", std::string(tiny_gif)});
    require_error(answer_to(server, post_form("/predict", images)), 400, "MALFORMED_MULTIPART");
    before.require(16 * mebibyte);
}

TEST_CASE("10,000 parts where so many are allowed", "[hostile]") {
    server_process const server(narrow({"--max-parts", "10000"}));
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
    unchanged const before(server);
    require_prediction(answer_to(server, post_form("/predict", notes_and_an_image(10'000))), 5);
    require_error(answer_to(server, post_form("/predict", notes_and_an_image(10'001))), 400, "MALFORMED_MULTIPART");
    std::vector<form_file> const images(10'000, {"file", "a.gif", std::string(tiny_gif)});
    require_error(answer_to(server, post_form("/predict", images)), 422, "VALIDATION_ERROR");
    before.require(32 * mebibyte);
}

TEST_CASE("names of a megabyte in the header", "[hostile]") {
    auto const& server = shared_server();
    unchanged const before(server);
    for (auto const& request : {make_request("GET", "/health", {{megabyte_name, "x"}}),
                                make_request("GET", "/health", {{"X-Correlation-ID", megabyte_name}}),
                                make_request("GET", "/health", {{"X-API-Key", megabyte_name}}),
                                post_as("multipart/form-data; boundary=" + megabyte_name, "x")})
        require_error(answer_to(server, request), 431, "HEADERS_TOO_LARGE");
    for (auto const& target : {"/" + megabyte_name, "/health?" + megabyte_name + "=1", "/v2/models/" + megabyte_name})
        require_error(answer_to(server, make_request("GET", target)), 414, "URI_TOO_LONG");
    require_error(answer_to(server, make_request("GET" + megabyte_name, "/health")), 501, "NOT_IMPLEMENTED");
    before.require(16 * mebibyte);
}

TEST_CASE("names of a megabyte in the body", "[hostile]") {
    auto const& server = shared_server();
    unchanged const before(server);
    for (auto const& file : {form_file{megabyte_name, "a.gif", std::string(tiny_gif)},
                             form_file{"file", megabyte_name, std::string(tiny_gif)}})
        require_error(answer_to(server, post_form("/predict", {file})), 400, "MALFORMED_MULTIPART");
    std::string const image = R"("image": ")" + encode_base64(tiny_gif) + "\"";
    require_error(answer_to(server, post_as("application/json", "{\"" + megabyte_name + "\": 1}")), 400,
                  "MISSING_FILE");
    require_prediction(answer_to(server, post_as("application/json", "{\"" + megabyte_name + "\": 1, " + image + "}")),
                       5);
    for (auto const* document :
         {R"({"inputs": [{"name": "%", "datatype": "FP32", "shape": [1], "data": [1]}]})",
          R"({"inputs": [{"name": "image", "datatype": "%", "shape": [1], "data": ["eA=="]}]})", R"({"%": 1})"}) {
        std::string text = document;
        text.replace(text.find('%'), 1, megabyte_name);
        auto const response = answer_to(server, infer_json(text));
        require_protocol_error(response, 400, "");
        CHECK(response.body.size() < 1'000);
    }
    std::string dimensions = "1";
    for (int i = 0; i < 100'000; ++i) dimensions += ",1";
    auto const shaped = answer_to(server, infer_json(R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [)" +
                                                     dimensions + R"(], "data": [1]}]})"));
    require_protocol_error(shaped, 400, "at most 16 whole numbers");
    CHECK(shaped.body.size() < 1'000);
    before.require(32 * mebibyte);
}

TEST_CASE("gigabytes that are announced and do not come", "[hostile]") {
    auto const& server = shared_server();
    unchanged const before(server);
    for (auto const* headers : {"Content-Length: 1000000000", "Content-Length: 1000000000\r\nExpect: 100-continue",
                                "Content-Length: 18446744073709551615"})
        require_error(answer_to(server, announced(headers, "")), 413, "FILE_TOO_LARGE");
    for (auto const* chunk : {"40000000\r\nx", "ffffffff\r\nx", "7fffffffffffffff\r\nx"})
        require_error(answer_to(server, announced("Transfer-Encoding: chunked", chunk)), 413, "FILE_TOO_LARGE");
    for (auto const& image :
         {make_png_header(60'000, 60'000), bmp_of_size(40'000, 40'000), bmp_of_size(0x7fffffff, 0x7fffffff)})
        require_error(server.ask(post_image("/predict", image)), 413, "IMAGE_TOO_LARGE");
    before.require(16 * mebibyte);
}

TEST_CASE("tensors of gigabytes that are announced and do not come", "[hostile]") {
    auto const& server = shared_server();
    unchanged const before(server);
    auto const one_input = [](std::string const& members) { return "{\"inputs\": [{" + members + "}]}"; };
    std::string const image = R"("name": "image", "datatype": "BYTES", )";
    std::string const input = R"("name": "input", "datatype": "FP32", )";
    std::string const promise = R"("parameters": {"binary_data_size": 4000000000})";
    for (auto const& document :
         {image + R"("shape": [1000000000], "data": ["eA=="])", image + R"("shape": [1], )" + promise,
          input + R"("shape": [1000000000, 3, 224, 224], "data": [1])",
          input + R"("shape": [1, 1000000, 1000000, 1000000], "data": [1])",
          input + R"("shape": [1, 3, 224, 224], )" + promise})
        require_protocol_error(server.ask(infer_json(one_input(document))), 400, "");
    // An element that says it has four gigabytes.
    std::string const element(
        "\xff\xff\xff\xff"
        "x",
        5);
    auto const one_element = one_input(image + R"("shape": [1], "parameters": {"binary_data_size": 5})");
    require_protocol_error(server.ask(infer_binary(one_element, element)), 400, "");
    require_protocol_error(server.ask(make_request("POST", "/v2/models/resnet50/infer",
                                                   {{"Inference-Header-Content-Length", "1000000000"}}, "{}")),
                           400, "Inference-Header-Content-Length");
    before.require(16 * mebibyte);
}
