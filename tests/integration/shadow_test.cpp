// Tests of models that are tried beside another, promoted and unloaded while the server runs.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"
#include "steady_load.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <thread>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
namespace json = boost::json;

namespace {

std::string star(std::string_view target = "/predict") { return post_image(target, sample_bytes()); }

enum class answers { same, always_the_first_class };

/// Other weights in the place of the narrow model's: the header of the file has one space more, and the bias of the
/// first class may be so large that nothing else is ever answered.
std::string other_weights(answers wanted) {
    auto bytes = read_file(narrow_weights());
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
    auto const data = sizeof header_bytes + header_bytes;
    if (wanted == answers::always_the_first_class) {
        auto const header = json::parse(std::string_view(bytes).substr(sizeof header_bytes, header_bytes));
        auto const bias = header.at("fc.bias").at("data_offsets").at(0).to_number<std::size_t>();
        std::uint16_t constexpr hundred = 0x5640;  // as an fp16
        std::memcpy(bytes.data() + data + bias, &hundred, sizeof hundred);
    }
    auto const padded = header_bytes + 8;
    std::memcpy(bytes.data(), &padded, sizeof padded);
    bytes.insert(data, 8, ' ');
    return bytes;
}

/// A server with the model `served`, whose shadow `trial` has other weights, and an administrators' listener.
class tried {
public:
    explicit tried(answers of_trial, std::string_view more_of_served = "shadow_share = 1\n",
                   std::string_view labels = {}, std::vector<std::string> arguments = {}) {
        write_file(folder_ / "trial.safetensors", other_weights(of_trial));
        auto const beside = read_file(SMA_SOURCE_DIR "/conf/demo/demo.labels.txt");
        write_file(folder_ / "trial.labels.txt", labels.empty() ? std::string_view(beside) : labels);
        write_file(folder_ / "settings.toml",
                   table("served", narrow_weights()) + "shadow = \"trial\"\n" + std::string(more_of_served) +
                       table("trial", folder_ / "trial.safetensors") + table("other", narrow_weights()));
        arguments.insert(arguments.end(), {"--config", (folder_ / "settings.toml").string(), "--admin-listen",
                                           "unix:" + socket().string()});
        server_.emplace(std::move(arguments));
    }

    http_response administer(std::string const& model, std::string const& change,
                             header_list const& headers = {}) const {
        return connection(socket()).ask(make_request("POST", "/v2/repository/models/" + model + "/" + change, headers));
    }
    double metric(std::string const& series) const {
        return metrics_reader(connection(socket()).ask(make_request("GET", "/metrics")).body).value(series);
    }
    double compared() const {
        return metric("shadow_agreed_images_total{model=\"served\",shadow=\"trial\"}") +
               metric("shadow_disagreed_images_total{model=\"served\",shadow=\"trial\"}");
    }
    double loads(std::string const& model) const { return metric("model_loads_total{model=\"" + model + "\"}"); }
    /// The entry of a model in /info.
    json::object info(std::size_t place) const {
        return require_json(server().get("/info")).at("models").at(place).as_object();
    }
    std::string sha256(std::size_t place) const {
        return std::string(info(place).at("model").at("weights_sha256").as_string());
    }
    bool trial_is_there() const {
        return eventually([&] { return server().get("/v2/models/trial/ready").status == 200; }, patience);
    }
    server_process& server() { return *server_; }
    server_process const& server() const { return *server_; }

private:
    static std::string table(std::string const& name, std::filesystem::path const& weights) {
        return "[[models]]\nname = \"" + name + "\"\nweights = \"" + weights.string() + "\"\n";
    }
    std::filesystem::path socket() const { return folder_ / "admin.sock"; }

    temporary_folder folder_;
    std::optional<server_process> server_;
};

std::string tensor_request(std::string const& model) {
    auto const body = R"({"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": [")" +
                      encode_base64(sample_bytes()) + R"("]}], "outputs": [{"name": "logits"}]})";
    return make_request("POST", "/v2/models/" + model + "/infer", {}, body);
}

}  // namespace

TEST_CASE("a shadow sees what its model answers, and answers nobody", "[models][shadow]") {
    tried const service(answers::always_the_first_class);
    REQUIRE(service.trial_is_there());
    auto const of_model = json::parse(service.server().ask(tensor_request("other")).body).at("outputs");
    for (int i = 0; i < 3; ++i)
        CHECK(json::serialize(json::parse(service.server().ask(tensor_request("served")).body).at("outputs")) ==
              json::serialize(of_model));
    CHECK(top_name(require_json(service.server().ask(star()))) == "star");
    REQUIRE(eventually([&] { return service.compared() == 4; }, patience));
    CHECK(service.metric("shadow_disagreed_images_total{model=\"served\",shadow=\"trial\"}") == 4);
    CHECK(service.metric("shadow_classify_duration_seconds_count{model=\"served\",shadow=\"trial\"}") == 4);

    // Its own requests, and those of a model without a shadow, are compared with nothing.
    CHECK(top_name(require_json(service.server().ask(star("/predict?model=trial")))) != "star");
    CHECK(service.server().ask(star("/predict?model=other")).status == 200);
    auto const told = service.info(0).at("shadow").as_object();
    CHECK(told.at("name") == "trial");
    CHECK(told.at("compared") == 4);
    CHECK(told.at("agreed") == 0);
    CHECK(told.at("mean_shadow_confidence").to_number<double>() > 0.99);
    CHECK(told.at("promoted") == false);
    CHECK_FALSE(told.contains("not_compared"));
    CHECK_FALSE(service.info(1).contains("shadow"));
    CHECK(service.compared() == 4);
}

TEST_CASE("a shadow with the same answers agrees", "[models][shadow]") {
    tried service(answers::same);
    REQUIRE(service.trial_is_there());
    for (int i = 0; i < 5; ++i) CHECK(service.server().ask(star()).status == 200);
    REQUIRE(eventually([&] { return service.compared() == 5; }, patience));
    auto const told = service.info(0).at("shadow").as_object();
    CHECK(told.at("agreed") == 5);
    CHECK(told.at("mean_confidence_difference").to_number<double>() < 1e-3);
    // Some are on their way, for which the end does not wait.
    for (int i = 0; i < 5; ++i) CHECK(service.server().ask(star()).status == 200);
    CHECK(service.server().stop() == 0);
    CHECK(service.server().prints("\"all_work_finished\":true"));
}

TEST_CASE("without a share there is nothing to compare, and promoting works", "[models][shadow]") {
    tried const service(answers::same, "shadow_share = 0\n");
    REQUIRE(service.trial_is_there());
    CHECK(service.server().ask(star()).status == 200);
    CHECK(service.administer("served", "promote").status == 200);
    CHECK(service.server().ask(star()).status == 200);
    CHECK(service.compared() == 0);
    CHECK(service.metric("images_total{model=\"trial\"}") == 0);
}

TEST_CASE("a shadow is promoted and put back under load, and no request fails", "[models][shadow]") {
    tried service(answers::same);
    REQUIRE(service.trial_is_there());
    auto const served = service.sha256(0);
    auto const trial = service.sha256(1);
    REQUIRE(served != trial);
    steady_load load(service.server().port(), 3);
    auto const rounds = scaled(20, 6) | 1;
    for (int round = 1; round <= rounds; ++round) {
        auto const before = load.answered();
        auto const answer = service.administer("served", "promote");
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        auto const now = json::parse(answer.body);
        bool const away = round % 2 == 1;
        CHECK(now.at("promoted") == away);
        CHECK(now.at("weights_sha256").as_string() == (away ? trial : served));
        CHECK(now.at("shadow_weights_sha256").as_string() == (away ? served : trial));
        CHECK(service.sha256(0) == (away ? trial : served));
        CHECK(eventually([&] { return load.answered() > before + 2; }, patience));
    }
    load.stop();
    CHECK(load.lost() == 0);
    CHECK(service.info(0).at("shadow").at("promoted") == true);
    CHECK(service.server().prints("model and shadow exchanged", static_cast<std::size_t>(rounds)));

    // A reload reads again what each has now.
    service.server().signal(SIGHUP);
    REQUIRE(eventually([&] { return service.loads("served") == 2 && service.loads("trial") == 2; }, patience));
    CHECK(service.sha256(0) == trial);
    CHECK(service.sha256(1) == served);
    CHECK(service.server().ask(star()).status == 200);
    CHECK(service.server().stop() == 0);
}

TEST_CASE("what is promoted answers, and what was remembered of the old answers is forgotten", "[models][shadow]") {
    tried const service(answers::always_the_first_class, "", {}, {"--cache-size-mb", "8"});
    REQUIRE(service.trial_is_there());
    CHECK(top_name(require_json(service.server().ask(star()))) == "star");
    REQUIRE(service.administer("served", "promote").status == 200);
    CHECK(top_name(require_json(service.server().ask(star()))) != "star");
    CHECK(top_name(require_json(service.server().ask(star("/predict?model=trial")))) == "star");
    REQUIRE(service.administer("served", "promote").status == 200);
    CHECK(top_name(require_json(service.server().ask(star()))) == "star");
}

TEST_CASE("only a model with a shadow that is there can be promoted", "[models][shadow]") {
    tried const service(answers::same);
    REQUIRE(service.trial_is_there());
    for (auto const* model : {"trial", "other"}) {
        auto const refused = service.administer(model, "promote");
        CHECK(refused.status == 409);
        CHECK_THAT(refused.body, ContainsSubstring("has no shadow"));
    }
    CHECK(service.administer("unknown", "promote").status == 404);
    CHECK(service.administer("served", "promote", {{"Origin", "http://127.0.0.1:9000"}}).status == 403);
    CHECK(service.server().ask(make_request("POST", "/v2/repository/models/served/promote")).status == 404);
    REQUIRE(service.administer("trial", "unload").status == 200);
    auto const refused = service.administer("served", "promote");
    CHECK(refused.status == 409);
    CHECK_THAT(refused.body, ContainsSubstring("`trial` is not in service, but unloaded"));
    CHECK(service.server().ask(star()).status == 200);
    CHECK(service.info(0).at("shadow").at("not_compared") == "the shadow is not loaded");
    CHECK(service.administer("trial", "load").status == 200);
    CHECK(service.administer("served", "promote").status == 200);
}

TEST_CASE("a shadow with other labels is neither compared nor promoted, and that is told", "[models][shadow]") {
    std::string numbers;
    for (int i = 0; i < 12; ++i) numbers += "number " + std::to_string(i) + "\n";
    tried const service(answers::same, "shadow_share = 1\n", numbers);
    REQUIRE(service.trial_is_there());
    CHECK(service.server().prints("shadow not compared"));
    CHECK(service.server().ask(star()).status == 200);
    auto const told = service.info(0).at("shadow").as_object();
    CHECK_THAT(std::string(told.at("not_compared").as_string()), ContainsSubstring("`number 0`"));
    CHECK(told.at("dropped") == 1);
    auto const refused = service.administer("served", "promote");
    CHECK(refused.status == 409);
    CHECK_THAT(refused.body, ContainsSubstring("labels"));
}

TEST_CASE("a shadow that cannot be loaded leaves the server ready", "[models][shadow]") {
    temporary_folder const folder;
    auto const file = folder / "settings.toml";
    write_file(file, "[[models]]\nname = \"served\"\nweights = \"" + narrow_weights().string() +
                         "\"\nshadow = \"trial\"\n[[models]]\nname = \"trial\"\nweights = \"/nonexistent\"\n");
    server_process const server({"--config", file.string()});
    CHECK(eventually([&] { return server.metrics().value("model_state{model=\"trial\",state=\"failed\"}") == 1; },
                     patience));
    CHECK(server.get("/health").status == 200);
    CHECK(server.get("/v2/health/ready").status == 200);
    CHECK(server.get("/v2/models/trial/ready").status == 503);
    CHECK(server.ask(star()).status == 200);
}

TEST_CASE("one of several models is unloaded and loaded again", "[models][shadow]") {
    tried const service(answers::same);
    auto const& server = service.server();
    CHECK(server.ask(star("/predict?model=other")).status == 200);
    auto const unloaded = service.administer("other", "unload");
    CHECK(unloaded.status == 200);
    CHECK(unloaded.body.empty());
    auto const refused = server.ask(star("/predict?model=other"));
    require_error(refused, 503, "MODEL_NOT_LOADED");
    CHECK_THAT(refused.body, ContainsSubstring("unloaded"));
    CHECK(server.ask(tensor_request("other")).status == 503);
    CHECK(server.get("/v2/models/other/ready").status == 503);
    for (auto const* target : {"/health", "/v2/health/ready", "/v2/models/served/ready"})
        CHECK(server.get(target).status == 200);
    auto const index = json::parse(server.ask(make_request("POST", "/v2/repository/index")).body).as_array();
    REQUIRE(index.size() == 3);
    CHECK(index[2] ==
          json::parse(R"({"name": "other", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded"})"));
    CHECK(service.info(2).at("state") == "unloaded");
    CHECK_FALSE(service.info(2).contains("model"));
    CHECK(service.metric("model_state{model=\"other\",state=\"unloaded\"}") == 1);

    // A reload of all leaves it alone.
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return service.loads("served") == 2 && service.loads("trial") == 2; }, patience));
    CHECK(service.loads("other") == 1);
    CHECK(service.administer("other", "load").status == 200);
    CHECK(server.ask(star("/predict?model=other")).status == 200);
    CHECK(server.get("/v2/models/other/ready").status == 200);

    auto const stays = service.administer("served", "unload");
    CHECK(stays.status == 409);
    CHECK_THAT(stays.body, ContainsSubstring("default model"));
    CHECK(server.ask(star()).status == 200);
    CHECK(service.administer("unknown", "unload").status == 404);
    CHECK(service.administer("other", "unload", {{"Origin", "http://127.0.0.1:9000"}}).status == 403);
}

TEST_CASE("requests for a model that is unloaded and loaded under load are answered or refused", "[models][shadow]") {
    tried service(answers::same);
    std::atomic<bool> stopping = false;
    std::atomic<int> answered = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> lost = 0;
    std::vector<std::thread> clients;
    auto const ask_on = [&] {
        connection client(service.server().port());
        auto const request = star("/predict?model=other");
        while (!stopping) {
            auto const status = client.ask(request).status;
            ++(status == 200 ? answered : status == 503 ? refused : lost);
        }
    };
    for (int i = 0; i < 3; ++i) clients.emplace_back(ask_on);
    for (int round = 0; round < scaled(5, 2); ++round) {
        CHECK(eventually([&, before = answered.load()] { return answered > before; }, patience));
        CHECK(service.administer("other", "unload").status == 200);
        CHECK(eventually([&, before = refused.load()] { return refused > before; }, patience));
        CHECK(service.administer("other", "load").status == 200);
    }
    stopping = true;
    for (auto& client : clients) client.join();
    CHECK(lost == 0);
    CHECK(service.server().stop() == 0);
}

TEST_CASE("an unloaded model gives its memory back", "[models][shadow]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator keeps what is freed");
        return;
    }
    temporary_folder const folder;
    auto const file = folder / "settings.toml";
    auto const admin = folder / "admin.sock";
    write_file(file, "[[models]]\nname = \"small\"\nweights = \"" + narrow_weights().string() +
                         "\"\n[[models]]\nname = \"big\"\nweights = \"" + demo_weights().string() +
                         "\"\nmax_batch_size = 1\n");
    server_process const server({"--config", file.string(), "--admin-listen", "unix:" + admin.string()});
    CHECK(server.ask(star("/predict?model=big")).status == 200);
    auto const before = server.stats().resident_bytes;
    CHECK(connection(admin).ask(make_request("POST", "/v2/repository/models/big/unload")).status == 200);
    std::size_t constexpr weights_bytes = 40 * 1024 * 1024;  // at least, in whatever precision
    CHECK(eventually([&] { return server.stats().resident_bytes + weights_bytes <= before; }, patience));
    CHECK(server.ask(star()).status == 200);
}
