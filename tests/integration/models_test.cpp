// Tests of several models in one server.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include <boost/json/parse.hpp>
#include "catch.hpp"

#include <atomic>
#include <csignal>
#include <thread>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
namespace json = boost::json;

namespace {

struct model_table {
    std::string name;
    std::filesystem::path weights;
    std::string more{};
};

/// A settings file with such models.
class settings_file {
public:
    explicit settings_file(std::vector<model_table> const& models) {
        std::string text;
        for (auto const& model : models)
            text += "[[models]]\nname = \"" + model.name + "\"\nweights = \"" + model.weights.string() + "\"\n" +
                    model.more + "\n";
        write_file(path(), text);
    }
    std::filesystem::path path() const { return folder_ / "settings.toml"; }
    std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"--config", path().string()});
        return more;
    }

private:
    temporary_folder folder_;
};

/// The same network with its labels, and with numbers in their place.
std::vector<model_table> two_models() {
    static temporary_folder const folder;
    auto const labels = folder / "numbers.txt";
    std::string numbers;
    for (int i = 0; i < 12; ++i) numbers += "number " + std::to_string(i) + "\n";
    write_file(labels, numbers);
    return {{"shapes", narrow_weights()},
            {"numbers", narrow_weights(), "min_confidence = 0.5\nlabels = \"" + labels.string() + "\""}};
}

std::string star(std::string_view target) { return post_image(target, sample_bytes()); }

std::string tensor_request() {
    return R"({"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": [")" +
           encode_base64(sample_bytes()) +
           R"("]}], "outputs": [{"name": "probabilities", "parameters": {"classification": 1}}]})";
}

}  // namespace

TEST_CASE("each of several models answers for itself", "[models]") {
    settings_file const file(two_models());
    server_process const server(file.arguments());
    CHECK(top_name(require_json(server.ask(star("/predict")))) == "star");
    CHECK(top_name(require_json(server.ask(star("/predict?model=shapes")))) == "star");
    auto const numbered = require_json(server.ask(star("/predict?model=numbers&top_k=12")));
    CHECK_THAT(top_name(numbered), ContainsSubstring("number "));
    CHECK(numbered.at("predictions").as_array().size() == 1);  // its own min_confidence
    require_error(server.ask(star("/predict?model=other")), 404, "NOT_FOUND");
    require_error(server.ask(star("/embed?model=other")), 404, "NOT_FOUND");
    CHECK(server.ask(star("/embed?model=numbers")).status == 200);

    for (auto const& [model, label] : {std::pair{"shapes", "star"}, {"numbers", "number "}}) {
        auto const answer =
            server.ask(make_request("POST", "/v2/models/" + std::string(model) + "/infer", {}, tensor_request()));
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        CHECK(json::parse(answer.body).at("model_name") == model);
        CHECK_THAT(answer.body, ContainsSubstring(label));
    }
    CHECK(server.ask(make_request("POST", "/v2/models/other/infer", {}, tensor_request())).status == 404);
}

TEST_CASE("an image for several models is decoded once where they pre-process alike", "[models]") {
    auto models = two_models();
    models.push_back({"wide", narrow_weights(), "resize = 300\ncrop = 288"});
    settings_file const file(models);
    server_process const server(file.arguments());
    auto const decoded = [&] { return server.metrics().value("image_decode_duration_seconds_count"); };
    auto const alone = [&](std::string const& name) {
        auto answer = require_json(server.ask(star("/predict?top_k=12&model=" + name)));
        answer.erase("success");
        return answer;
    };
    std::vector<json::object> const expected{alone("numbers"), alone("shapes"), alone("wide")};

    auto before = decoded();
    auto const two = require_json(server.ask(star("/predict?top_k=12&model=numbers,shapes")));
    CHECK(decoded() == before + 1);
    CHECK(two.at("models").as_array().size() == 2);
    before = decoded();
    auto const all = require_json(server.ask(star("/predict?top_k=12&model=numbers,shapes,wide")));
    CHECK(decoded() == before + 2);
    auto const& answers = all.at("models").as_array();
    REQUIRE(answers.size() == 3);
    CHECK(answers[0].at("name") == "numbers");
    CHECK(answers[2].at("name") == "wide");
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto answer = answers[i].as_object();
        answer.erase("name");
        CHECK(answer == expected[i]);
    }
    auto const metrics = server.metrics();
    for (auto const* const name : {"shapes", "numbers"})
        CHECK(metrics.value("images_total{model=\"" + std::string(name) + "\"}") == 3);
    CHECK(metrics.value("queue_depth{model=\"wide\"}") == 0);
}

TEST_CASE("what some of several models cannot answer is an error of the request", "[models]") {
    auto models = two_models();
    models.push_back({"missing", "/nonexistent.safetensors"});
    settings_file const file(models);
    server_process const server(server_process::options{file.arguments(), {}, false});
    REQUIRE(eventually([&] { return server.get("/v2/models/numbers/ready").status == 200; }, patience));
    REQUIRE(eventually([&] { return server.get("/v2/models/shapes/ready").status == 200; }, patience));
    require_error(server.ask(star("/predict?model=shapes,other")), 404, "NOT_FOUND");
    require_error(server.ask(star("/predict?model=shapes,")), 422, "VALIDATION_ERROR");
    require_error(server.ask(star("/predict?model=shapes,numbers,shapes")), 422, "VALIDATION_ERROR");
    require_error(server.ask(star("/predict?model=shapes,missing")), 503, "MODEL_NOT_LOADED");
    require_error(server.ask(post_image("/predict?model=shapes,numbers", "no image")), 415, "UNSUPPORTED_MEDIA_TYPE");
    CHECK(server.ask(star("/predict?model=shapes,numbers")).status == 200);
    CHECK(server.metrics().value("queue_depth{model=\"shapes\"}") == 0);
}

TEST_CASE("several models are listed wherever one would be described", "[models]") {
    settings_file const file(two_models());
    server_process const server(file.arguments());
    server.ask(star("/predict"));
    auto const info = require_json(server.get("/info"));
    auto const& listed = info.at("models").as_array();
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].at("name") == "shapes");
    CHECK(listed[0].at("default") == true);
    CHECK(listed[1].at("default") == false);
    CHECK(listed[1].at("state") == "ready");
    CHECK(listed[1].at("model").at("classes") == 12);
    CHECK(info.at("model") == listed[0].at("model"));

    auto const index = json::parse(server.ask(make_request("POST", "/v2/repository/index")).body);
    CHECK(index.as_array().size() == 2);
    auto const statistics = json::parse(server.get("/v2/models/stats").body).at("model_stats").as_array();
    REQUIRE(statistics.size() == 2);
    CHECK(statistics[0].at("inference_count") == 1);
    CHECK(statistics[1].at("inference_count") == 0);
    CHECK(json::parse(server.get("/v2/models/numbers/stats").body).at("model_stats").as_array().size() == 1);
    CHECK(json::parse(server.get("/v2/models/numbers").body).at("name") == "numbers");
    CHECK(server.get("/v2/models/other").status == 404);

    auto const metrics = server.metrics();
    CHECK(metrics.value("images_total{model=\"shapes\"}") == 1);
    CHECK(metrics.value("images_total{model=\"numbers\"}") == 0);
    CHECK(metrics.value("model_state{model=\"numbers\",state=\"ready\"}") == 1);
}

TEST_CASE("an only model answers to its name", "[models]") {
    auto const& server = shared_server();
    CHECK(server.ask(star("/predict?model=resnet50")).status == 200);
    require_error(server.ask(star("/predict?model=other")), 404, "NOT_FOUND");
    CHECK_FALSE(require_json(server.get("/info")).contains("models"));
}

TEST_CASE("one of several models is reloaded by its name, all of them by a signal", "[models]") {
    settings_file const file(two_models());
    temporary_folder const folder;
    auto const admin = folder / "admin.sock";
    server_process const server(file.arguments({"--admin-listen", "unix:" + admin.string()}));
    auto const loads = [&](std::string const& model) {
        metrics_reader const metrics(connection(admin).ask(make_request("GET", "/metrics")).body);
        return metrics.value("model_loads_total{model=\"" + model + "\"}");
    };
    CHECK(connection(admin).ask(make_request("POST", "/v2/repository/models/numbers/load")).status == 200);
    CHECK(loads("numbers") == 2);
    CHECK(loads("shapes") == 1);
    CHECK(connection(admin).ask(make_request("POST", "/v2/repository/models/other/load")).status == 404);
    server.signal(SIGHUP);
    CHECK(eventually([&] { return loads("numbers") == 3 && loads("shapes") == 2; }, patience));
}

TEST_CASE("a model that cannot be loaded is told of, and leaves the others alone", "[models]") {
    settings_file const file({{"good", narrow_weights()}, {"missing", "/nonexistent.safetensors"}});
    server_process const server(server_process::options{file.arguments(), {}, false});
    REQUIRE(server.wait_for_status("failed"));
    REQUIRE(eventually([&] { return server.get("/v2/models/good/ready").status == 200; }, patience));
    CHECK(server.ask(star("/predict?model=good")).status == 200);
    require_error(server.ask(star("/predict?model=missing")), 503, "MODEL_NOT_LOADED");
    CHECK(server.get("/v2/models/missing/ready").status == 503);
    CHECK(server.get("/v2/health/ready").status == 503);
    CHECK(server.get("/v2/health/live").status == 200);
}

TEST_CASE("a heavy model leaves a light one its share of the engine", "[models]") {
    settings_file const file({{"heavy", demo_weights(), "precision = \"fp32\""}, {"light", narrow_weights()}});
    server_process const server(file.arguments());
    std::atomic<bool> stopping = false;
    std::atomic<int> heavy_answers = 0;
    std::vector<std::thread> clients;
    auto const ask_on = [&](std::string const& model) {
        connection client(server.port());
        auto const request = star("/predict?model=" + model);
        while (!stopping)
            if (client.ask(request).status == 200 && model == "heavy") ++heavy_answers;
    };
    for (int i = 0; i < 32; ++i) clients.emplace_back(ask_on, i % 4 == 0 ? "heavy" : "light");
    CHECK(eventually([&] { return heavy_answers >= 48; }, patience));
    stopping = true;
    for (auto& client : clients) client.join();
    // Turns of a pass each would give both as many answers: both run batches of 8.
    auto const metrics = server.metrics();
    CHECK(metrics.value("images_total{model=\"light\"}") > 2 * metrics.value("images_total{model=\"heavy\"}"));
    CHECK(metrics.sum("queue_depth") == 0);
}
