// Tests of the setting admin_listen: metrics and reloads for this machine only.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "json_schema.hpp"
#include "scale.hpp"

#include <boost/json/parse.hpp>

#include "catch.hpp"

#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr auto load_path = "/v2/repository/models/resnet50/load";

/// A server with an admin listener on a Unix socket, and weights that can be broken.
class administered {
public:
    explicit administered(std::vector<std::string> more = {})
        : good_(read_file(narrow_weights())), server_(arguments(more)) {}

    http_response ask(std::string_view method, std::string_view target, header_list const& headers = {},
                      std::string_view body = {}) const {
        connection admin(socket());
        return admin.ask(make_request(method, target, headers, body));
    }
    metrics_reader metrics() const { return metrics_reader(ask("GET", "/metrics").body); }
    std::filesystem::path socket() const { return folder_ / "admin.sock"; }
    void break_weights() const { put(std::string_view(good_).substr(0, good_.size() / 2)); }
    void mend_weights() const { put(good_); }
    server_process& server() { return server_; }

private:
    void put(std::string_view bytes) const { replace_file(folder_ / "w.safetensors", bytes); }
    std::vector<std::string> arguments(std::vector<std::string> const& more) const {
        put(good_);
        std::vector<std::string> all{"--weights", (folder_ / "w.safetensors").string(), "--admin-listen",
                                     "unix:" + socket().string()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    temporary_folder folder_;
    std::string good_;
    server_process server_;
};

}  // namespace

TEST_CASE("with an admin listener metrics are there and not on the public one", "[operations]") {
    administered service;
    require_error(service.server().get("/metrics"), 404, "NOT_FOUND");
    auto const document = require_json(service.server().get("/openapi.json"));
    CHECK_FALSE(document.at("paths").as_object().contains("/metrics"));
    require_prediction(service.server().ask(post_image("/predict", sample_bytes())), 5);
    auto const metrics = service.metrics();
    CHECK(metrics.sum("http_requests_total", {"endpoint=\"/predict\"", "status_code=\"200\""}) == 1);
    // This request and its connection count, and nothing else that is over.
    CHECK(eventually(
        [&] {
            auto const now = service.metrics();
            return now.value("open_connections") == 1 && now.value("inflight_requests") == 1;
        },
        patience));
    CHECK(service.ask("GET", "/health").status == 200);
    for (auto const* elsewhere : {"/predict", "/info", "/", "/v2/logging", "/v2/models/resnet50/infer"})
        CHECK(service.ask("GET", elsewhere).status == 404);
    CHECK(service.server().ask(make_request("POST", load_path)).status == 404);
    connection idle(service.socket());
    CHECK(service.server().stop() == 0);
}

TEST_CASE("the admin listener reloads the model and says how it went", "[operations]") {
    administered service;
    auto const loaded = service.ask("POST", load_path);
    CHECK(loaded.status == 200);
    CHECK(loaded.body.empty());
    CHECK(service.metrics().value("model_loads_total") == 2);

    service.break_weights();
    auto const failed = service.ask("POST", load_path);
    CHECK(failed.status == 400);
    CHECK_THAT(std::string(require_json(failed).at("error").as_string()),
               ContainsSubstring("the model was not loaded"));
    CHECK(service.metrics().value("model_load_failures_total") == 1);
    require_prediction(service.server().ask(post_image("/predict", sample_bytes())), 5);
    service.mend_weights();
    CHECK(service.ask("POST", load_path).status == 200);
    CHECK(service.metrics().value("model_loads_total") == 3);

    CHECK(service.ask("POST", "/v2/repository/models/other/load").status == 404);
    CHECK(service.ask("GET", load_path).status == 405);
    auto const page = service.ask("POST", load_path, {{"Origin", "http://127.0.0.1:9000"}});
    CHECK(page.status == 403);
    CHECK(require_json(page).at("error").is_string());
    CHECK(service.metrics().value("model_loads_total") == 3);
    // What it answers is what it says of itself.
    auto const document = require_json(service.ask("GET", "/openapi.json"));
    auto const& responses =
        document.at("paths").at("/v2/repository/models/{model}/load").at("post").at("responses").as_object();
    for (auto const* status : {"200", "400", "403", "404"}) CHECK(responses.contains(status));
    auto const& schema = responses.at("403").at("content").at("application/json").at("schema");
    CHECK(schema_violations(boost::json::parse(page.body), schema, document).empty());
}

namespace {

constexpr auto profile_path = "/debug/pprof/profile";

/// The words before the text of a profile as gperftools writes it, and how many samples they hold.
struct profile_reader {
    explicit profile_reader(std::string const& bytes) {
        std::vector<std::uint64_t> words(bytes.size() / sizeof(std::uint64_t));
        std::memcpy(words.data(), bytes.data(), words.size() * sizeof(std::uint64_t));
        REQUIRE(words.size() > 8);
        // Count of header words, version 0, microseconds between two samples.
        CHECK(std::vector(words.begin(), words.begin() + 3) == std::vector<std::uint64_t>{0, 3, 0});
        period_us = words[3];
        std::size_t at = 5;
        // A sample is how often, how deep, and so many addresses; the last is (0, 1, 0).
        for (; at + 2 < words.size() && words[at] != 0; at += 2 + words[at + 1]) samples += words[at];
        REQUIRE(at + 2 < words.size());
        CHECK((words[at + 1] == 1 && words[at + 2] == 0));
        mappings = bytes.substr((at + 3) * sizeof(std::uint64_t));
    }
    std::uint64_t period_us = 0;
    std::uint64_t samples = 0;
    std::string mappings;
};

}  // namespace

TEST_CASE("the admin listener records what the processors do", "[operations]") {
    administered service;
    if (service.ask("GET", std::string(profile_path) + "?seconds=0").status == 404) {
        WARN("skipped: this build has no profiler");
        return;
    }
    auto const images = post_form("/predict", std::vector<form_file>(16, {"file", "star.jpg", sample_bytes()}));
    std::atomic<bool> over{false};
    std::thread load([&] {
        while (!over) service.server().ask(images);
    });
    auto const answer = service.ask("GET", std::string(profile_path) + "?seconds=1");
    over = true;
    load.join();
    REQUIRE(answer.status == 200);
    CHECK(answer.header("Content-Type") == "application/octet-stream");
    profile_reader const profile(answer.body);
    CHECK(profile.period_us == 10'000);
    // Of 100 there could be from one processor.
    CHECK(profile.samples > 10);
    CHECK_THAT(profile.mappings, ContainsSubstring("simple-model-api"));

    for (auto const* wrong : {"?seconds=0", "?seconds=61", "?seconds=x"})
        require_error(service.ask("GET", std::string(profile_path) + wrong), 422, "VALIDATION_ERROR");
    CHECK(service.ask("GET", profile_path, {{"Origin", "http://127.0.0.1:9000"}}).status == 403);
    CHECK(service.server().get(profile_path).status == 404);
    CHECK(service.server().stop() == 0);
}

TEST_CASE("a load takes no parameters, and the only model stays", "[operations]") {
    administered service;
    CHECK(service.ask("POST", load_path, {}, "{}").status == 200);
    CHECK(service.ask("POST", load_path, {}, R"({"parameters": {}})").status == 200);
    auto const loads = service.metrics().value("model_loads_total");
    for (auto const* body : {R"({"parameters": {"config": "{}"}})", R"({"parameters": {"file:1/model.onnx": ""}})",
                             R"({"parameters": 1})", "[]", "{"}) {
        INFO(body);
        auto const refused = service.ask("POST", load_path, {}, body);
        CHECK(refused.status == 400);
        CHECK(require_json(refused).at("error").is_string());
    }
    CHECK_THAT(service.ask("POST", load_path, {}, R"({"parameters": {"config": "{}"}})").body,
               ContainsSubstring("`config`"));
    CHECK(service.metrics().value("model_loads_total") == loads);

    auto const unload = [&](std::string const& model) {
        return service.ask("POST", "/v2/repository/models/" + model + "/unload", {},
                           R"({"parameters": {"unload_dependents": false}})");
    };
    CHECK(unload("resnet50").status == 409);
    CHECK(unload("other").status == 404);
    require_prediction(service.server().ask(post_image("/predict", sample_bytes())), 5);
}

TEST_CASE("health and metadata of the protocol are on the admin listener, too", "[operations]") {
    administered service;
    for (auto const* target :
         {"/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/resnet50", "/v2/models/resnet50/ready"}) {
        INFO(target);
        auto const here = service.ask("GET", target);
        CHECK(here.status == 200);
        CHECK(here.body == service.server().get(target).body);
    }
    auto const index = service.ask("POST", "/v2/repository/index");
    CHECK(index.body == service.server().ask(make_request("POST", "/v2/repository/index")).body);
}

TEST_CASE("one profile at a time, which ends with its client or with the server", "[operations]") {
    administered service;
    if (service.ask("GET", std::string(profile_path) + "?seconds=0").status == 404) return;
    auto const recording = [&] {
        auto client = std::make_unique<connection>(service.socket());
        client->send(make_request("GET", std::string(profile_path) + "?seconds=60"));
        return client;
    };
    std::string_view const begun = "CPU profile started";
    auto const short_one = std::string(profile_path) + "?seconds=1";
    {
        auto const first = recording();
        REQUIRE(service.server().prints(begun));
        require_error(service.ask("GET", short_one), 409, "CONFLICT");
    }
    CHECK(eventually([&] { return service.ask("GET", short_one).status == 200; }, patience));
    auto const last = recording();
    REQUIRE(service.server().prints(begun, 3));
    CHECK(service.server().times_printed(begun) == 3);
    auto const begin = std::chrono::steady_clock::now();
    CHECK(service.server().stop() == 0);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(scaled(8, 40)));
}

TEST_CASE("a load that is asked for during another answers for itself", "[operations]") {
    administered service;
    connection first(service.socket());
    first.send(make_request("POST", load_path));
    REQUIRE(service.server().prints("reloading"));
    // Whatever the first finds, the second begins after this.
    service.break_weights();
    CHECK(service.ask("POST", load_path).status == 400);
    auto const of_first = first.read().status;
    CHECK((of_first == 200 || of_first == 400));
}

TEST_CASE("the admin listener asks for no key and counts nothing", "[operations]") {
    temporary_folder const folder;
    auto const file = (folder / "keys").string();
    write_file(file, "anna 8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8\n");
    administered const service(
        {"--api-keys-file", file, "--rate-limit-requests-per-s", "1", "--rate-limit-burst", "1"});
    for (int i = 0; i < 5; ++i) CHECK(service.ask("GET", "/metrics").status == 200);
    CHECK(service.ask("POST", load_path).status == 200);
}

TEST_CASE("the admin listener can be a port of this machine, and the log says which", "[operations]") {
    server_process const server(narrow({"--admin-listen", "127.0.0.1:0"}));
    REQUIRE(server.prints("admin listener started"));
    auto const log = server.output();
    auto const line = log.find("admin listener started");
    std::string const before = "http://127.0.0.1:";
    auto const at = log.find(before, line);
    REQUIRE(at != std::string::npos);
    auto const port = static_cast<std::uint16_t>(std::stoi(log.substr(at + before.size())));
    CHECK(ask_once(port, make_request("GET", "/metrics")).status == 200);
    auto const taken =
        run_command(server_program(), {"serve", "--port", "0", "--admin-listen", "127.0.0.1:" + std::to_string(port)});
    CHECK(taken.status == 1);
    CHECK_THAT(taken.errors, ContainsSubstring("cannot listen on 127.0.0.1"));
}
