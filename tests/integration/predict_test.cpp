// Tests of POST /predict, in every form that the contract has.
#include "bodies.hpp"
#include "checks.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <set>

using namespace sma::test;
using Catch::Approx;
namespace json = boost::json;

namespace {

std::string post_json(std::string_view target, json::value const& body) {
    return make_request("POST", target, {{"Content-Type", "application/json"}}, json::serialize(body));
}

std::string predictions_of(http_response const& response) {
    return json::serialize(require_prediction(response, 5).at("predictions"));
}

}  // namespace

TEST_CASE("the twenty samples are what their names say", "[contract]") {
    auto const samples = files_in(sample(""));
    REQUIRE(samples.size() == 20);
    connection client(shared_server().port());
    for (auto const& file : samples) {
        auto const name = file.filename().string();
        INFO(name);
        auto const answer = require_prediction(client.ask(post_form("/predict", {{"file", name, read_file(file)}})), 5);
        CHECK(top_name(answer) == name.substr(0, name.find('-')));
        CHECK(answer.at("meta").at("filename").as_string() == name);
    }
}

TEST_CASE("one image is the same however it is sent", "[contract]") {
    auto const bytes = sample_bytes();
    auto const encoded = encode_base64(bytes);
    auto const form = make_form({{"file", "star.jpg", bytes}});
    auto const expected = predictions_of(shared_server().ask(post_form("/predict", {{"file", "star.jpg", bytes}})));
    connection client(shared_server().port());

    SECTION("bare, under any type an image may have") {
        for (auto const* type :
             {"image/jpeg", "image/png", "application/octet-stream", "application/x-www-form-urlencoded"}) {
            INFO(type);
            auto const response = client.ask(make_request("POST", "/predict", {{"Content-Type", type}}, bytes));
            CHECK(predictions_of(response) == expected);
            CHECK(json::parse(response.body).at("meta").at("filename").is_null());
        }
    }
    SECTION("base64 in JSON") {
        CHECK(predictions_of(client.ask(post_json("/predict", {{"image", encoded}}))) == expected);
    }
    SECTION("chunked, bare and as a form") {
        for (std::size_t const chunk : {1U, 7U, 1000U, 100'000U}) {
            client.send(
                "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n" +
                in_chunks(bytes, chunk));
            CHECK(predictions_of(client.read()) == expected);
            client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: " + form.headers[0].second +
                        "\r\nTransfer-Encoding: chunked\r\n\r\n" + in_chunks(form.bytes, chunk));
            CHECK(predictions_of(client.read()) == expected);
        }
    }
    SECTION("after 100 Continue") {
        auto const request =
            make_request("POST", "/predict", {{"Content-Type", "image/jpeg"}, {"Expect", "100-continue"}}, bytes);
        auto const head = request.size() - bytes.size();
        client.send(request.substr(0, head));
        CHECK(client.read().status == 100);
        client.send(request.substr(head));
        CHECK(predictions_of(client.read()) == expected);
    }
    SECTION("HTTP/1.0, which closes") {
        auto const response = client.ask("POST /predict HTTP/1.0\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                                         std::to_string(bytes.size()) + "\r\n\r\n" + bytes);
        CHECK(predictions_of(response) == expected);
        CHECK(client.ended(std::chrono::seconds(5)));
    }
    SECTION("in small pieces over the network") {
        auto const request = post_form("/predict", {{"file", "star.jpg", bytes}});
        for (std::size_t at = 0; at < request.size(); at += 97) client.send(std::string_view(request).substr(at, 97));
        CHECK(predictions_of(client.read()) == expected);
    }
    SECTION("among other fields of a form") {
        auto const request =
            post_form("/predict", {{"note", "", "hello"}, {"file", "star.jpg", bytes}, {"other", "x.bin", "\r\n--"}});
        CHECK(predictions_of(client.ask(request)) == expected);
    }
}

TEST_CASE("classes below min_confidence are left out, and an image without any is unknown", "[contract]") {
    auto const& server = shared_server();
    auto const one = [&](std::string const& query) {
        return require_json(server.ask(post_image("/predict?" + query, sample_bytes())));
    };
    auto const all = one("top_k=12").at("predictions").as_array();
    REQUIRE(all.size() == 12);
    auto const second = all[1].at("confidence").to_number<double>();
    auto const kept = one("min_confidence=" + std::to_string(second * 1.5));
    CHECK(kept.at("predictions").as_array().size() == 1);
    CHECK_FALSE(kept.contains("unknown"));
    auto const unknown = one("min_confidence=1");
    CHECK(unknown.at("predictions").as_array().empty());
    CHECK(unknown.at("unknown").as_bool());
    auto const several = require_json(server.ask(post_form(
        "/predict?min_confidence=0.9", {{"file", "star.jpg", sample_bytes()}, {"file", "x.bmp", make_bmp(40, 30)}})));
    CHECK_FALSE(several.at("results").at(0).as_object().contains("unknown"));
}

TEST_CASE("what min_confidence is without the parameter is a setting", "[contract]") {
    server_process const server(narrow({"--min-confidence", "1"}));
    auto const unknown = require_json(server.ask(post_image("/predict", sample_bytes())));
    CHECK(unknown.at("unknown").as_bool());
    auto const known = require_json(server.ask(post_image("/predict?min_confidence=0", sample_bytes())));
    CHECK(known.at("predictions").as_array().size() == 5);
}

TEST_CASE("groups=1 adds up the classes of each group that the label file gives", "[contract]") {
    temporary_folder const folder;
    std::string labels;
    for (int i = 0; i < 12; ++i)
        labels += std::to_string(i) + "\tshape " + std::to_string(i) + (i == 0 ? "\n" : "\tall the others\n");
    write_file(folder / "labels.tsv", labels);
    server_process const server(narrow({"--labels", (folder / "labels.tsv").string()}));
    CHECK(require_json(server.ask(make_request("GET", "/info"))).at("model").at("groups") == 2);

    auto const image = post_form("/predict?groups=1&top_k=12", {{"file", "star.jpg", sample_bytes()}});
    auto const json = require_json(server.ask(image));
    auto const& groups = json.at("groups").as_array();
    REQUIRE(groups.size() == 2);
    double others = 0;
    for (auto const& p : json.at("predictions").as_array())
        if (p.at("class_index").to_number<int>() != 0) others += p.at("confidence").to_number<double>();
    CHECK(groups[0].at("group") == "all the others");
    CHECK(groups[0].at("confidence").to_number<double>() == Approx(others).margin(1e-5));
    CHECK(groups[1].at("group") == "shape 0");
    CHECK_FALSE(require_json(server.ask(post_image("/predict", sample_bytes()))).contains("groups"));
    auto const several = post_form("/predict?groups=1", {{"file", "a", sample_bytes()}, {"file", "b", "no image"}});
    auto const results = require_json(server.ask(several)).at("results").as_array();
    CHECK(results[0].at("groups").as_array().size() == 2);
    CHECK_FALSE(results[1].as_object().contains("groups"));
}

TEST_CASE("top_k is 5 by default, and no more than there are classes", "[contract]") {
    auto const bytes = sample_bytes();
    connection client(shared_server().port());
    for (std::size_t const k : {1U, 3U, 10U, 12U})
        require_prediction(client.ask(post_image("/predict?top_k=" + std::to_string(k), bytes)), k);
    CHECK(require_json(client.ask(post_image("/predict?top_k=100000", bytes))).at("predictions").as_array().size() ==
          12);
    require_prediction(client.ask(post_image("/predict", bytes)), 5);
}

TEST_CASE("a long base64 body is answered like the image itself, and a broken one refused", "[contract]") {
    auto const bmp = make_bmp(900, 700);
    auto const& server = shared_server();
    auto const expected = require_prediction(server.ask(post_image("/predict", bmp)), 5).at("predictions");
    auto encoded = encode_base64(bmp);
    auto const answer = require_prediction(server.ask(post_json("/predict", {{"image", encoded}})), 5);
    CHECK(answer.at("predictions") == expected);
    encoded[encoded.size() / 2] = '*';
    require_error(server.ask(post_json("/predict", {{"image", encoded}})), 400, "MALFORMED_REQUEST");
    require_idle(server);
}

TEST_CASE("several images are answered in order, and a broken one fails alone", "[contract]") {
    auto const star = sample_bytes("star-1.jpg");
    auto const ring = sample_bytes("ring-1.jpg");
    http_response response;
    bool has_names = true;
    SECTION("as a form") {
        response = shared_server().ask(
            post_form("/predict?top_k=2",
                      {{"file", "a.jpg", star}, {"file", "broken.jpg", star.substr(0, 400)}, {"file", "c.jpg", ring}}));
    }
    SECTION("as base64") {
        has_names = false;
        response = shared_server().ask(
            post_json("/predict?top_k=2",
                      {{"images", {encode_base64(star), encode_base64(star.substr(0, 400)), encode_base64(ring)}}}));
    }
    auto const answer = require_json(response);
    INFO(response.body);
    REQUIRE(response.status == 200);
    CHECK(response.has("Server-Timing"));
    REQUIRE(keys(answer) == std::vector<std::string>{"success", "results", "meta"});
    CHECK(answer.at("success").as_bool());
    CHECK(keys(answer.at("meta").as_object()) == std::vector<std::string>{"model", "top_k"});
    auto const& results = answer.at("results").as_array();
    REQUIRE(results.size() == 3);
    auto const& first = results[0].as_object();
    CHECK(keys(first) == std::vector<std::string>{"filename", "predictions"});
    require_predictions(first.at("predictions"), 2);
    CHECK(top_name(first) == "star");
    CHECK(keys(results[1].as_object()) == std::vector<std::string>{"filename", "error"});
    CHECK(results[1].at("error").at("code").as_string() == "PREPROCESSING_FAILED");
    CHECK(top_name(results[2].as_object()) == "ring");
    if (has_names) {
        CHECK(first.at("filename").as_string() == "a.jpg");
        CHECK(results[1].at("filename").as_string() == "broken.jpg");
        CHECK(results[2].at("filename").as_string() == "c.jpg");
    }
}

TEST_CASE("more images than one batch holds are all answered in order", "[contract]") {
    std::vector<form_file> files;
    std::vector<std::string> expected;
    auto const samples = files_in(sample(""));
    for (auto const& file : samples) {
        auto const name = file.filename().string();
        files.push_back({"file", name, read_file(file)});
        expected.push_back(name);
    }
    auto const answer = require_json(shared_server().ask(post_form("/predict?top_k=1", files)));
    auto const& results = answer.at("results").as_array();
    REQUIRE(results.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(results[i].at("filename").as_string() == expected[i]);
        CHECK(top_name(results[i].as_object()) == expected[i].substr(0, expected[i].find('-')));
    }
}

TEST_CASE("file names come back as text, without folders", "[contract]") {
    auto const bytes = sample_bytes();
    connection client(shared_server().port());
    for (auto const& [sent, shown] : std::vector<std::pair<std::string, std::string>>{
             {"C:\\photos\\dog.jpg", "dog.jpg"},
             {"../../etc/d\xc3\xa9j\xc3\xa0.jpg", "d\xc3\xa9j\xc3\xa0.jpg"},
             {"say %22hi%22.jpg", "say \"hi\".jpg"}}) {
        auto const answer = require_prediction(client.ask(post_form("/predict", {{"file", sent, bytes}})), 5);
        CHECK(answer.at("meta").at("filename").as_string() == shown);
    }
}

TEST_CASE("a plain BMP of any size is an image", "[contract]") {
    for (auto const& [width, height] : {std::pair(1, 1), std::pair(300, 200), std::pair(3, 900)})
        require_prediction(shared_server().ask(post_image("/predict", make_bmp(width, height))), 5);
}

TEST_CASE("pipelined requests are answered in order, each with its own ID", "[contract]") {
    connection client(shared_server().port());
    auto const get = [](char const* target) { return make_request("GET", target); };
    client.send(get("/health") + post_image("/predict", sample_bytes()) + get("/nowhere") + get("/info") +
                post_image("/predict", sample_bytes("ring-1.jpg")));
    std::set<std::string> ids;
    std::vector<int> statuses;
    std::vector<http_response> responses;
    for (int i = 0; i < 5; ++i) {
        responses.push_back(client.read());
        statuses.push_back(responses.back().status);
        ids.insert(responses.back().header("X-Correlation-ID"));
    }
    CHECK(statuses == std::vector{200, 200, 404, 200, 200});
    CHECK(ids.size() == 5);
    CHECK(top_name(require_prediction(responses[1], 5)) == "star");
    CHECK(top_name(require_prediction(responses[4], 5)) == "ring");
}

TEST_CASE("a connection serves many requests", "[contract]") {
    connection client(shared_server().port());
    auto const request = post_image("/predict?top_k=1", sample_bytes());
    for (int i = 0; i < 30; ++i) REQUIRE(client.ask(request).status == 200);
}
