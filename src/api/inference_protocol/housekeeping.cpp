#include "housekeeping.hpp"

#include "sma/core/json_writer.hpp"
#include "sma/core/logging.hpp"
#include "validation_error.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <utility>

namespace sma::api::inference_protocol {
namespace {

namespace json = boost::json;

constexpr std::size_t small_body_bytes_max = 64 * 1024;

http::response with_body(std::string json) {
    http::response r;
    r.body = std::move(json);
    return r;
}

result<http::response> not_supported(char const* what) {
    return error(errc::not_implemented, "the server does not support " + std::string(what));
}

/// Whether the request is about a model, and that is another one.
result<void> check_model(model_directory const& models, http::request const& r) {
    auto const model = models.find(r);
    return model ? result<void>() : model.error();
}

result<bool> wants_ready_only(std::string_view body) {
    auto const object = read_small_object(body);
    if (!object) return object.error();
    auto const* ready = object->if_contains("ready");
    if (ready == nullptr) return false;
    if (!ready->is_bool()) return validation_error("`ready`: expected true or false");
    return ready->get_bool();
}

std::string json_of(repository_entry const& model) {
    std::string out;
    object_writer o(out);
    o.text("name", model.name);
    o.text("version", model_version);
    o.text("state", model.state);
    o.text("reason", model.reason);
    return out;
}

}  // namespace

result<json::object> read_small_object(std::string_view body) {
    if (body.empty()) return json::object();
    if (body.size() > small_body_bytes_max)
        return error(errc::file_too_large,
                     "the body is larger than the limit of " + std::to_string(small_body_bytes_max) + " bytes");
    json::error_code failure;
    auto value = json::parse({body.data(), body.size()}, failure);
    if (failure) return error(errc::malformed_request, "the request is not valid JSON: " + failure.message());
    if (!value.is_object()) return validation_error("expected a JSON object, or no body");
    return std::move(value.get_object());
}

result<http::response> describe_repository(model_directory const& models, http::request const& r) {
    auto const ready_only = wants_ready_only(r.body);
    if (!ready_only) return ready_only.error();
    std::string entries;
    for (auto const& model : models.index(*ready_only)) entries += (entries.empty() ? "" : ",") + json_of(model);
    return with_body("[" + entries + "]");
}

result<http::response> describe_tracing(model_directory const& models, http::request const& r) {
    if (auto const known = check_model(models, r); !known) return known.error();
    std::string out;
    {
        object_writer o(out);
        array_writer(o, "trace_level").text("OFF");
        o.text("trace_rate", "1000");
        o.text("trace_count", "-1");
        o.text("log_frequency", "0");
        o.text("trace_file", "");
        o.text("trace_mode", "triton");
    }
    return with_body(std::move(out));
}

result<http::response> refuse_tracing(model_directory const& models, http::request const& r) {
    if (auto const known = check_model(models, r); !known) return known.error();
    return not_supported("tracing");
}

result<http::response> describe_logging(model_directory const&, http::request const&) {
    std::string out;
    {
        object_writer o(out);
        o.text("log_file", "");
        o.flag("log_info", log::enabled(log::level::info));
        o.flag("log_warning", log::enabled(log::level::warn));
        o.flag("log_error", log::enabled(log::level::error));
        o.number("log_verbose_level", log::enabled(log::level::debug) ? 1 : 0);
        o.text("log_format", "ISO8601");
    }
    return with_body(std::move(out));
}

result<http::response> refuse_logging(model_directory const&, http::request const&) {
    return not_supported("dynamic logging");
}

result<http::response> describe_shared_memory(model_directory const&, http::request const&) { return with_body("[]"); }

result<http::response> unregister_shared_memory(model_directory const&, http::request const&) {
    http::response done;
    done.content_type.clear();
    return done;
}

}  // namespace sma::api::inference_protocol
