#include "operation.hpp"

#include "descriptions.hpp"
#include "embedded_operations.hpp"
#include "protocol_error.hpp"
#include "sma/http/error_status.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace sma::api::inference_protocol {
namespace {

namespace json = boost::json;

constexpr std::string_view version_part = "/versions/{version}";

struct parameter {
    std::string_view name;
    std::string_view meaning;
    std::string_view example;
};

constexpr parameter parameters_of_paths[] = {
    {"model", "The model's name: by default that of its architecture in lower case, or the setting `model_name`.",
     "resnet50"},
    {"version", "The model's only version.", model_version},
};

std::string in_braces(std::string_view name) { return "{" + std::string(name) + "}"; }

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

/// Routes with the same response have one entry.
std::string key_of(std::string_view path) {
    std::string key(path);
    replace_all(key, version_part, "");
    if (key.back() == '/') key.pop_back();
    return key;
}

json::value describe_parameter(parameter const& p) {
    return {{"name", p.name},
            {"in", "path"},
            {"required", true},
            {"description", p.meaning},
            {"schema", {{"type", "string"}}},
            {"example", p.example}};
}

void add_path_parameters(json::object& operation, std::string_view path) {
    json::array all;
    for (auto const& p : parameters_of_paths)
        if (path.find(in_braces(p.name)) != path.npos) all.push_back(describe_parameter(p));
    if (auto const* others = operation.if_contains("parameters"))
        for (auto const& other : others->as_array()) all.push_back(other);
    if (!all.empty()) operation["parameters"] = std::move(all);
}

/// The command lines of v2.json have {path} where the row's own path belongs.
void complete_samples(json::object& operation, std::string_view path) {
    std::string target(path);
    for (auto const& p : parameters_of_paths) replace_all(target, in_braces(p.name), p.example);
    for (auto& sample : operation.at("x-codeSamples").as_array()) {
        std::string source(sample.at("source").as_string());
        replace_all(source, "{path}", target);
        sample.as_object()["source"] = source;
    }
}

json::object own_statuses() {
    json::object statuses;
    for (auto const& [code, usual] : http::error_statuses())
        if (protocol_status(code) != usual) statuses[error_name(code)] = protocol_status(code);
    return statuses;
}

}  // namespace

json::object operation_of(http::verb method, std::string_view path) {
    auto const name = http::beast_http::to_string(method);
    auto operation = embedded_operation("v2.json", std::string(name.data(), name.size()) + " " + key_of(path));
    if (operation.empty()) return operation;
    add_path_parameters(operation, path);
    complete_samples(operation, path);
    operation["x-error-schema"] = "ProtocolError";
    operation["x-error-statuses"] = own_statuses();
    return operation;
}

}  // namespace sma::api::inference_protocol
