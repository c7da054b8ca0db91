// Tests of what Triton's clients ask for beside inference: they get the answers of a Triton that has it switched off.
#include "checks.hpp"

#include <boost/json/parse.hpp>

#include "catch.hpp"

using namespace sma::test;
namespace json = boost::json;

namespace {

http_response post(std::string_view target, std::string_view body = {}) {
    return shared_server().ask(make_request("POST", target, {}, body));
}

void require_protocol_error(http_response const& response, int status) {
    CHECK(response.status == status);
    CHECK(keys(require_json(response)) == std::vector<std::string>{"error"});
}

}  // namespace

TEST_CASE("the repository's index has the one model", "[protocol]") {
    auto const expected = json::parse(R"([{"name": "resnet50", "version": "1", "state": "READY", "reason": ""}])");
    for (auto const* body : {"", "{}", R"({"ready": true})", R"({"ready": false, "more": 1})"}) {
        INFO(body);
        auto const index = post("/v2/repository/index", body);
        CHECK(index.status == 200);
        CHECK(json::parse(index.body) == expected);
    }
    for (auto const* body : {"{", "[]", R"({"ready": 1})"})
        require_protocol_error(post("/v2/repository/index", body), 400);
    require_protocol_error(post("/v2/repository/index", std::string(70'000, ' ')), 413);
    CHECK(shared_server().get("/v2/repository/index").status == 405);
}

TEST_CASE("the index of a model that could not be loaded", "[protocol]") {
    auto const ask = [](std::vector<std::string> more, std::string_view body) {
        more.insert(more.end(), {"--weights", "/nonexistent.pth"});
        server_process const server(server_process::options{std::move(more), {}, false});
        REQUIRE(server.wait_for_status("failed"));
        return server.ask(make_request("POST", "/v2/repository/index", {}, body)).body;
    };
    CHECK(ask({}, "") == "[]");
    auto const entry = json::parse(ask({"--model-name", "cats"}, "")).at(0);
    CHECK(entry.at("name") == "cats");
    CHECK(entry.at("state") == "UNAVAILABLE");
    CHECK_FALSE(entry.at("reason").as_string().empty());
    CHECK(ask({"--model-name", "cats"}, R"({"ready": true})") == "[]");
}

TEST_CASE("trace and log settings can be read, and not changed", "[protocol]") {
    auto const& server = shared_server();
    auto const tracing = require_json(server.get("/v2/trace/setting"));
    CHECK(tracing.at("trace_level") == json::array{"OFF"});
    CHECK(require_json(server.get("/v2/models/resnet50/trace/setting")) == tracing);
    auto const logging = require_json(server.get("/v2/logging"));
    CHECK(logging.at("log_error") == true);
    CHECK(logging.at("log_verbose_level") == 0);
    for (auto const* target : {"/v2/trace/setting", "/v2/models/resnet50/trace/setting", "/v2/logging"})
        require_protocol_error(post(target, R"({"trace_level": ["TIMESTAMPS"], "log_verbose_level": 1})"), 501);
    CHECK(require_json(server.get("/v2/trace/setting")) == tracing);
    CHECK(require_json(server.get("/v2/logging")) == logging);
    for (auto const* method : {"GET", "POST"})
        require_protocol_error(server.ask(make_request(method, "/v2/models/other/trace/setting")), 404);
}

TEST_CASE("there is no shared memory, and so all of it is unregistered", "[protocol]") {
    for (std::string const kind : {"system", "cuda"}) {
        CHECK(shared_server().get("/v2/" + kind + "sharedmemory/status").body == "[]");
        auto const ended = post("/v2/" + kind + "sharedmemory/unregister");
        CHECK(ended.status == 200);
        CHECK(ended.body.empty());
    }
}
