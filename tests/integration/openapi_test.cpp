// Tests of the API's description: it is complete, its examples work, and the server's responses match it.
#include "bodies.hpp"
#include "checks.hpp"
#include "json_schema.hpp"
#include "protocol_requests.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <set>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
namespace json = boost::json;

namespace {

std::string text(json::value const& v) { return {v.as_string().data(), v.as_string().size()}; }

json::object description() { return json::parse(shared_server().get("/openapi.json").body).as_object(); }

std::string upper_case(std::string s) {
    for (auto& c : s) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return s;
}

struct operation {
    std::string method;
    std::string path;
    json::object details;
};

std::vector<operation> operations(json::object const& document) {
    std::vector<operation> all;
    for (auto const& [path, methods] : document.at("paths").as_object())
        for (auto const& [method, details] : methods.as_object())
            all.push_back({upper_case(std::string(method)), std::string(path), details.as_object()});
    return all;
}

operation find(json::object const& document, std::string const& method, std::string const& path) {
    for (auto& o : operations(document))
        if (o.method == method && o.path == path) return o;
    throw std::runtime_error("not described: " + method + " " + path);
}

std::string media_type(http_response const& r) {
    auto const type = r.header("Content-Type");
    return type.substr(0, type.find(';'));
}

/// The response is one that the operation describes: its status, its headers, and its body by the schema.
void require_described(json::object const& document, operation const& o, http_response const& r) {
    INFO(o.method << " " << o.path << " answered " << r.status << ": " << r.body.substr(0, 500));
    auto const* described = o.details.at("responses").as_object().if_contains(std::to_string(r.status));
    REQUIRE(described != nullptr);
    if (auto const* headers = described->as_object().if_contains("headers")) {
        for (auto const* always : {"X-Correlation-ID", "X-Response-Time"}) CHECK(headers->as_object().contains(always));
        for (auto const& [name, header] : headers->as_object()) {
            if (!r.has(std::string(name))) continue;
            CHECK(schema_violations(json::value(r.header(std::string(name))),
                                    json::value(document).at_pointer(text(header.at("$ref")).substr(1)).at("schema"),
                                    document)
                      .empty());
        }
    }
    auto const* content = described->as_object().if_contains("content");
    if (content == nullptr) {
        CHECK(r.body.empty());
        return;
    }
    auto const* any = content->as_object().if_contains("*/*");
    auto const* exact = content->as_object().if_contains(media_type(r));
    REQUIRE((any || exact));
    auto const& schema = (exact ? exact : any)->at("schema");
    auto const body = media_type(r) == "application/json" ? json::parse(r.body) : json::value(r.body);
    CHECK(schema_violations(body, schema, document) == std::vector<std::string>{});
}

/// Whatever may be a list says of what.
void require_items(json::value const& node, std::string const& place) {
    if (auto const* list = node.if_array())
        for (std::size_t i = 0; i < list->size(); ++i) require_items((*list)[i], place + "/" + std::to_string(i));
    auto const* object = node.if_object();
    if (object == nullptr) return;
    auto const* type = object->if_contains("type");
    bool const is_list = type != nullptr && json::serialize(*type).find("\"array\"") != std::string::npos;
    INFO(place);
    CHECK((!is_list || object->contains("items")));
    for (auto const& [name, member] : *object) require_items(member, place + "/" + std::string(name));
}

/// What a described command line printed, with the head that curl noted.
http_response run_curl(std::string command) {
    std::string const documented = "http://127.0.0.1:8000";
    temporary_folder const folder;
    auto const at = command.find(documented);
    REQUIRE(at != command.npos);
    command.replace(at, documented.size(), "http://127.0.0.1:" + std::to_string(shared_server().port()));
    REQUIRE(command.starts_with("curl "));
    command.insert(5, "-sS -D " + (folder / "head").string() + " ");
    auto const ran = run_command("/bin/sh", {"-c", "cd " SMA_SOURCE_DIR " && " + command});
    INFO(command << "\n" << ran.errors);
    REQUIRE(ran.status == 0);
    http_response r;
    auto const head = read_file(folder / "head");
    for (std::size_t begin = 0; begin < head.size();) {
        auto const end = head.find("\r\n", begin);
        auto const line = head.substr(begin, end - begin);
        if (line.starts_with("HTTP/")) {
            r.status = std::stoi(line.substr(9, 3));
            r.headers.clear();
        } else if (auto const colon = line.find(": "); colon != line.npos) {
            r.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        }
        begin = end + 2;
    }
    r.body = ran.output;
    return r;
}

/// The path with the parameters' own examples in it; nothing if a parameter of the path has none.
std::optional<std::string> example_target(operation const& o) {
    auto path = o.path;
    std::string query;
    auto const* parameters = o.details.if_contains("parameters");
    if (!parameters) return path;
    for (auto const& p : parameters->as_array()) {
        auto const* example = p.as_object().if_contains("example");
        auto const name = text(p.at("name"));
        bool const in_path = p.at("in") == "path";
        if (!example && in_path) return std::nullopt;
        if (!example) continue;
        auto const value = example->is_string() ? text(*example) : json::serialize(*example);
        if (in_path)
            path.replace(path.find("{" + name + "}"), name.size() + 2, value);
        else
            query += (query.empty() ? "?" : "&") + name + "=" + value;
    }
    return path + query;
}

json::array bodies_of(operation const& o) {
    json::array bodies;
    auto const* body = o.details.if_contains("requestBody");
    if (!body) return bodies;
    for (auto const& [type, media] : body->at("content").as_object()) {
        if (type != "application/json") continue;
        if (auto const* one = media.as_object().if_contains("example")) bodies.push_back(*one);
        if (auto const* many = media.as_object().if_contains("examples"))
            for (auto const& [name, example] : many->as_object()) bodies.push_back(example.at("value"));
    }
    return bodies;
}

}  // namespace

TEST_CASE("every route is described", "[contract]") {
    auto const document = description();
    CHECK(document.at("openapi") == "3.1.0");
    CHECK_FALSE(document.at("info").at("version").as_string().empty());
    std::set<std::string> ids, tags;
    for (auto const& tag : document.at("tags").as_array()) tags.insert(text(tag.at("name")));
    for (auto const& o : operations(document)) {
        INFO(o.method << " " << o.path);
        for (auto const* needed : {"summary", "description", "operationId", "tags", "responses", "x-codeSamples"})
            REQUIRE(o.details.contains(needed));
        CHECK(ids.insert(text(o.details.at("operationId"))).second);
        for (auto const& tag : o.details.at("tags").as_array()) CHECK(tags.contains(text(tag)));
        CHECK_FALSE(o.details.at("x-codeSamples").as_array().empty());
        // The server routes what it describes.
        if (auto const target = example_target(o)) {
            auto const allow = shared_server().ask(make_request("OPTIONS", *target)).header("Allow");
            CHECK_THAT(allow, ContainsSubstring(o.method));
        }
    }
    for (auto const* row :
         {"/predict", "/health", "/info", "/metrics", "/openapi.json", "/", "/docs", "/v2/models/{model}/infer"})
        CHECK(document.at("paths").as_object().contains(row));
}

TEST_CASE("every reference of the description leads somewhere", "[contract]") {
    auto const body = shared_server().get("/openapi.json").body;
    auto const document = json::parse(body);
    std::string const key = "\"$ref\":\"#";
    int references = 0;
    for (auto at = body.find(key); at != body.npos; at = body.find(key, at + 1)) {
        auto const begin = at + key.size();
        auto const pointer = body.substr(begin, body.find('"', begin) - begin);
        json::error_code failure;
        INFO(pointer);
        CHECK(document.find_pointer(pointer, failure) != nullptr);
        ++references;
    }
    CHECK(references > 20);
}

TEST_CASE("the command lines of the description do what it says", "[contract]") {
    auto const document = description();
    for (auto const& o : operations(document))
        for (auto const& sample : o.details.at("x-codeSamples").as_array()) {
            auto const command = text(sample.at("source"));
            INFO(command.substr(0, 200));
            auto const r = run_curl(command);
            CHECK(r.status == sample.at("x-status").to_number<int>());
            require_described(document, o, r);
        }
}

TEST_CASE("the examples of parameters and bodies work", "[contract]") {
    auto const document = description();
    int bodies = 0;
    for (auto const& o : operations(document)) {
        auto const target = example_target(o);
        if (!target) continue;
        INFO(o.method << " " << *target);
        auto examples = bodies_of(o);
        if (o.method == "GET") {
            auto const r = shared_server().get(*target);
            CHECK(r.status == 200);
            require_described(document, o, r);
        }
        for (auto const& body : examples) {
            auto const& schema = o.details.at("requestBody").at("content").at("application/json").at("schema");
            CHECK(schema_violations(body, schema, document).empty());
            auto const r = shared_server().ask(
                make_request(o.method, *target, {{"Content-Type", "application/json"}}, json::serialize(body)));
            CHECK(r.status == 200);
            require_described(document, o, r);
            ++bodies;
        }
    }
    CHECK(bodies >= 2);
}

TEST_CASE("the examples of responses fit their schemas", "[contract]") {
    auto const document = description();
    int examples = 0;
    for (auto const& o : operations(document))
        for (auto const& [status, response] : o.details.at("responses").as_object()) {
            auto const* content = response.as_object().if_contains("content");
            if (!content) continue;
            for (auto const& [type, media] : content->as_object()) {
                INFO(o.path << " " << std::string(status));
                auto const& m = media.as_object();
                if (auto const* one = m.if_contains("example")) {
                    CHECK(schema_violations(*one, m.at("schema"), document) == std::vector<std::string>{});
                    ++examples;
                }
                if (auto const* many = m.if_contains("examples"))
                    for (auto const& [name, example] : many->as_object()) {
                        CHECK(schema_violations(example.at("value"), m.at("schema"), document) ==
                              std::vector<std::string>{});
                        ++examples;
                    }
            }
        }
    CHECK(examples >= 4);
}

TEST_CASE("what goes wrong is described too", "[contract]") {
    auto const document = description();
    auto const predict = find(document, "POST", "/predict");
    auto const star = sample_bytes();
    std::vector<std::pair<int, std::string>> const requests{
        {200, post_form("/predict?top_k=3", {{"file", "a.jpg", star}, {"file", "torn.jpg", star.substr(0, 400)}})},
        {400, post_form("/predict", {{"other", "a.jpg", star}})},
        {400, post_image("/predict", "")},
        {400, make_request("POST", "/predict", {{"Content-Type", "application/json"}}, "{")},
        {400, make_request("POST", "/predict", {{"Content-Type", "multipart/form-data; boundary=x"}}, "nothing")},
        {413, post_image("/predict", std::string(11 * 1024 * 1024, 'x'))},
        {413, post_image("/predict", make_png_header(50'000, 50'000))},
        {415, post_image("/predict", "not an image")},
        {422, post_image("/predict", star.substr(0, 400))},
        {422, post_image("/predict?top_k=100001", star)},
        {431, make_request("POST", "/predict", {{"X-Long", std::string(20'000, 'x')}}, "x")},
        {504, post_image("/predict?timeout_ms=1", star)},
    };
    for (auto const& [status, request] : requests) {
        auto const r = shared_server().ask(request);
        CHECK(r.status == status);
        require_described(document, predict, r);
    }
    require_described(document, find(document, "GET", "/assets/{file}"), shared_server().get("/assets/nothing.js"));
    server_process const loading(server_process::options{{"--weights", "/nonexistent.pth"}, {}, false});
    REQUIRE(loading.wait_for_status("failed"));
    auto const health = loading.get("/health");
    CHECK(health.status == 503);
    require_described(document, find(document, "GET", "/health"), health);
    require_described(document, find(document, "GET", "/info"), loading.get("/info"));
    require_described(document, predict, loading.ask(post_image("/predict", star)));
}

TEST_CASE("what a client without a key, or with too many requests, is told is described", "[contract]") {
    auto const document = description();
    temporary_folder const folder;
    auto const file = (folder / "keys").string();
    write_file(file, "a 8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8 0.001 1\n");
    server_process const server(
        server_process::options{{"--weights", "/nonexistent.pth", "--api-keys-file", file}, {}, false});
    auto const predict = [&](header_list const& headers) {
        return server.ask(make_request("POST", "/predict", headers, "x"));
    };
    auto const key = header_list{{"X-API-Key", "alpha"}};
    for (auto const& [status, headers] : std::vector<std::pair<int, header_list>>{{401, {}}, {503, key}, {429, key}}) {
        auto const r = predict(headers);
        CHECK(r.status == status);
        CHECK(r.has("WWW-Authenticate") == (status == 401));
        CHECK(r.has("RateLimit-Limit") == (status != 401));
        require_described(document, find(document, "POST", "/predict"), r);
    }
    auto const infer = find(document, "POST", "/v2/models/{model}/infer");
    require_described(document, infer, server.ask(infer_json("{}")));
    require_described(document, infer, server.ask(make_request("POST", "/v2/models/resnet50/infer", key, "{}")));
}

TEST_CASE("what goes wrong below /v2 is described too", "[contract]") {
    auto const document = description();
    auto const infer = find(document, "POST", "/v2/models/{model}/infer");
    auto const star = sample_bytes();
    auto const raw = [](std::string_view body) {
        return make_request("POST", "/v2/models/resnet50/infer", {{"Inference-Header-Content-Length", "0"}}, body);
    };
    auto const image =
        R"("inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [")" + encode_base64(star) + "\"]}]";
    std::vector<std::pair<int, std::string>> const requests{
        {200, infer_json("{\"id\": \"a\", " + image + "}")},
        {200, infer_json("{" + image + R"(, "parameters": {"binary_data_output": true}})")},
        {400, infer_json("{")},
        {400, infer_json(R"({"inputs": []})")},
        {400, raw("not an image")},
        {400, raw(star.substr(0, 400))},
        {404, infer_json("{}", "/v2/models/other/infer")},
        {413, raw(make_png_header(50'000, 50'000))},
        {415, make_request("POST", "/v2/models/resnet50/infer", {{"Content-Encoding", "br"}}, "x")},
        {504, infer_json("{" + image + R"(, "parameters": {"timeout": 1}})")},
    };
    for (auto const& [status, request] : requests) {
        auto const r = shared_server().ask(request);
        CHECK(r.status == status);
        require_described(document, infer, r);
    }
    CHECK_FALSE(infer.details.at("responses").as_object().contains("422"));
    server_process const loading(server_process::options{{"--weights", "/nonexistent.pth"}, {}, false});
    REQUIRE(loading.wait_for_status("failed"));
    require_described(document, infer, loading.ask(raw(star)));
    for (auto const& o : operations(document))
        if (o.method == "GET" && o.path.starts_with("/v2"))
            require_described(document, o, loading.get(example_target(o).value()));
}

TEST_CASE("the description follows the rules that linters of OpenAPI recommend", "[contract]") {
    auto const document = description();
    for (auto const& o : operations(document)) {
        INFO(o.method << " " << o.path);
        CHECK(o.details.contains("security"));
        CHECK((o.path == "/" || !o.path.ends_with('/')));
    }
    CHECK(find(document, "GET", "/health").details.at("security").as_array().empty());
    CHECK(find(document, "POST", "/predict").details.at("security").as_array().size() == 3);
    require_items(document, "");
}

TEST_CASE("the checker of schemas finds what is wrong", "[contract]") {
    auto const document = description();
    json::value const prediction{{"$ref", "#/components/schemas/PredictionResponse"}};
    auto const good = json::parse(shared_server().ask(post_image("/predict", sample_bytes())).body);
    REQUIRE(schema_violations(good, prediction, document).empty());
    auto const broken = [&](auto change) {
        auto copy = good;
        change(copy.as_object());
        return !schema_violations(copy, prediction, document).empty();
    };
    CHECK(broken([](json::object& o) { o["success"] = false; }));
    CHECK(broken([](json::object& o) { o.erase("meta"); }));
    CHECK(broken([](json::object& o) { o["more"] = 1; }));
    CHECK(broken([](json::object& o) { o["unknown"] = false; }));
    CHECK(broken([](json::object& o) { o["predictions"].as_array()[0].as_object()["confidence"] = 1.5; }));
    CHECK(broken([](json::object& o) { o["predictions"].as_array()[0].as_object()["rank"] = "1"; }));
    CHECK_FALSE(schema_violations(good, json::value{{"unknownKeyword", 1}}, document).empty());
}
