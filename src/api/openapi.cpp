#include "sma/api/openapi.hpp"

#include "embedded_operations.hpp"
#include "inference_protocol/operation.hpp"

#include "sma/core/error.hpp"
#include "sma/http/conditional.hpp"
#include "sma/http/error_status.hpp"

#include "sma/version.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <map>
#include <stdexcept>

namespace sma::api {
namespace {

namespace json = boost::json;

// Errors of any request, from the session itself.
constexpr std::string_view errors_of_all[] = {"MALFORMED_REQUEST",  "REQUEST_TIMEOUT",           "URI_TOO_LONG",
                                              "EXPECTATION_FAILED", "HEADERS_TOO_LARGE",         "INTERNAL_ERROR",
                                              "NOT_IMPLEMENTED",    "HTTP_VERSION_NOT_SUPPORTED"};

// Errors of checked routes only.
constexpr std::string_view errors_of_checked[] = {"UNAUTHORIZED", "RATE_LIMITED"};

std::string method_name(http::verb method) {
    auto const name = http::beast_http::to_string(method);
    return {name.data(), name.size()};
}

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

errc code_named(std::string_view name) {
    for (auto const& [code, status] : http::error_statuses())
        if (error_name(code) == name) return code;
    throw std::logic_error("the API's description names an error that does not exist: " + std::string(name));
}

// "get_v2_models_m" of GET and "/v2/models/{m}".
std::string operation_id(http::verb method, std::string_view path) {
    auto id = lower_case(method_name(method));
    for (char const c : path) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            id += c;
        else if (id.back() != '_')
            id += '_';
    }
    while (id.back() == '_') id.pop_back();
    return id;
}

bool has_parameter(json::array const& parameters, std::string_view name) {
    return std::any_of(parameters.begin(), parameters.end(), [&](json::value const& p) {
        auto const* its_name = p.as_object().if_contains("name");
        return its_name != nullptr && *its_name == json::string_view(name.data(), name.size());
    });
}

// Every `{name}` of the path must be described (OpenAPI 3.1, Path Templating).
void add_path_parameters(json::object& operation, std::string_view path) {
    json::array parameters;
    if (auto const* given = operation.if_contains("parameters")) parameters = given->as_array();
    for (auto begin = path.find('{'); begin != path.npos; begin = path.find('{', begin + 1)) {
        std::string const name(path.substr(begin + 1, path.find('}', begin) - begin - 1));
        if (has_parameter(parameters, name)) continue;
        parameters.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    }
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
}

json::object error_response(std::string const& schema, std::vector<std::string> const& codes) {
    std::string text;
    for (auto const& code : codes) text += (text.empty() ? "`" : ", `") + code + "`";
    return {{"description", text},
            {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/" + schema}}}}}}}};
}

unsigned status_of(json::object const& operation, std::string const& code) {
    auto const usual = http::http_status(code_named(code));
    auto const* own = operation.if_contains("x-error-statuses");
    auto const* status = own == nullptr ? nullptr : own->as_object().if_contains(code);
    return status == nullptr ? usual : status->to_number<unsigned>();
}

void add_error_responses(json::object& operation, json::object& responses, http::route const& row) {
    std::string schema = "Error";
    if (auto const* own = operation.if_contains("x-error-schema")) schema = own->as_string().c_str();
    std::map<unsigned, std::vector<std::string>> by_status;
    auto const add = [&](std::string name) { by_status[status_of(operation, name)].push_back(std::move(name)); };
    for (auto const name : errors_of_all) add(std::string(name));
    if (row.access == http::access_rule::checked)
        for (auto const name : errors_of_checked) add(std::string(name));
    if (auto const* named = operation.if_contains("x-errors"))
        for (auto const& name : named->as_array()) add(name.as_string().c_str());
    // An unknown Content-Encoding has this status also where other errors of that code have another.
    if (row.body != http::body_kind::none) by_status[415] = {"UNSUPPORTED_MEDIA_TYPE"};
    for (auto const& [status, codes] : by_status) {
        auto const key = std::to_string(status);
        if (!responses.contains(key)) responses[key] = error_response(schema, codes);
    }
    operation.erase("x-errors");
    operation.erase("x-error-schema");
    operation.erase("x-error-statuses");
}

void add_common_headers(json::object& responses, http::access_rule access) {
    for (auto& [status, response] : responses) {
        auto& headers = response.as_object()["headers"];
        if (!headers.is_object()) headers = json::object();
        auto const add = [&](std::string const& name) {
            headers.as_object()[name] = {{"$ref", "#/components/headers/" + name}};
        };
        add("X-Correlation-ID");
        add("X-Response-Time");
        if (status.starts_with("503") || status.starts_with("429")) add("Retry-After");
        if (status.starts_with("401")) add("WWW-Authenticate");
        if (status.starts_with("415")) add("Accept-Encoding");
        if (access != http::access_rule::checked) continue;
        for (auto const* name : {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}) add(name);
    }
}

// With or without a key: whether this server wants one is its administrator's choice.
json::array possible_keys() { return {json::object(), {{"bearer", json::array()}}, {{"apiKey", json::array()}}}; }

json::object complete_operation(http::route const& row, json::object operation) {
    if (operation.empty()) return operation;
    if (!operation.contains("operationId")) operation["operationId"] = operation_id(row.method, row.path);
    operation["security"] = row.access == http::access_rule::checked ? possible_keys() : json::array();
    add_path_parameters(operation, row.path);
    auto& responses = operation["responses"];
    if (!responses.is_object()) responses = json::object();
    add_error_responses(operation, responses.as_object(), row);
    add_common_headers(responses.as_object(), row.access);
    return operation;
}

// FNV-1a, 64 bits: enough to tell one build's document from another's.
std::string hash_tag(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (unsigned char const c : text) hash = (hash ^ c) * 0x100000001b3;
    char tag[24];
    std::snprintf(tag, sizeof tag, "\"%016llx\"", static_cast<unsigned long long>(hash));
    return tag;
}

// What the settings decide.
void set_timeout_maximum(json::object& operation, std::chrono::milliseconds timeout_max) {
    auto* parameters = operation.if_contains("parameters");
    if (parameters == nullptr) return;
    for (auto& parameter : parameters->as_array()) {
        auto const* name = parameter.as_object().if_contains("name");  // none: it is a reference
        if (name != nullptr && *name == "timeout_ms")
            parameter.at("schema").as_object()["maximum"] = timeout_max.count();
    }
}

json::object operation_for(http::route const& row, std::chrono::milliseconds timeout_max) {
    if (row.path.starts_with("/v2")) return inference_protocol::operation_of(row.method, row.path);
    auto const key = method_name(row.method) + " " + std::string(row.path);
    auto operation = embedded_operation("service.json", key);
    if (operation.empty()) operation = embedded_operation("pages.json", key);
    set_timeout_maximum(operation, timeout_max);
    return operation;
}

}  // namespace

json::object openapi_document(std::vector<http::route> const& table, operation_lookup const& operation_of) {
    auto document = embedded_description("components.json");
    document["info"].as_object()["version"] = version::number;
    json::object paths;
    for (auto const& row : table) {
        if (row.path.size() > 1 && row.path.ends_with('/')) continue;  // the same as the row without
        auto& path = paths[json::string_view(row.path.data(), row.path.size())];
        if (!path.is_object()) path = json::object();
        path.as_object()[lower_case(method_name(row.method))] = complete_operation(row, operation_of(row));
    }
    document["paths"] = std::move(paths);
    return document;
}

openapi::openapi(std::vector<http::route> const& table, std::chrono::milliseconds timeout_max)
    : document_(json::serialize(
          openapi_document(table, [timeout_max](http::route const& row) { return operation_for(row, timeout_max); }))),
      etag_(hash_tag(document_)) {}

boost::asio::awaitable<http::response> openapi::handle(http::request& r) {
    http::response answer;
    answer.body = document_;
    answer.headers.emplace_back("Cache-Control", "no-cache");
    http::apply_etag(answer, r, etag_);
    co_return answer;
}

}  // namespace sma::api
