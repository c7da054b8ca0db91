#include "sma/api/inference_protocol/endpoints.hpp"

#include "json_object.hpp"
#include "pages.hpp"

namespace sma::api::inference_protocol {
namespace {

std::string_view path_parameter(http::request const& r, std::string const& name) {
    auto const it = r.path_parameters.find(name);
    return it == r.path_parameters.end() ? std::string_view{} : std::string_view(it->second);
}

error unknown(std::string_view what, std::string_view name, std::string_view expected) {
    return error(errc::not_found, "unknown " + std::string(what) + " `" + std::string(name) + "`: this server has `" +
                                      std::string(expected) + "`");
}

}  // namespace

// The protocol has 400 for everything that is wrong with a request's content.
unsigned status_of(errc code) noexcept {
    switch (code) {
        case errc::validation_error:
        case errc::preprocessing_failed:
        case errc::unsupported_media_type:
            return 400;
        default:
            return http_status(code);
    }
}

http::response make_error(error const& e, std::string_view) {
    http::response r;
    r.status = status_of(e.code);
    object_writer(r.body).text("error", e.message);
    r.failure = e.code;
    if (e.retry_after_s) r.headers.emplace_back("Retry-After", std::to_string(*e.retry_after_s));
    return r;
}

std::string model_directory::name_of(serving::model_instance const& model) const {
    auto const& configured = service_.configuration.model_name;
    return configured.empty() ? default_model_name(model.architecture) : configured;
}

result<std::shared_ptr<serving::model_instance>> model_directory::find(http::request const& r) const {
    auto const name = path_parameter(r, "model");
    auto const version = path_parameter(r, "version");
    auto const& configured = service_.configuration.model_name;
    // Known even while nothing is loaded.
    if (!configured.empty() && !name.empty() && name != configured) return unknown("model", name, configured);
    if (!version.empty() && version != model_version) return unknown("version", version, model_version);
    auto model = service_.models.current();
    if (!model) return model.error();
    auto const actual = name_of(**model);
    if (!name.empty() && name != actual) return unknown("model", name, actual);
    return model;
}

model_facts model_directory::facts_of(serving::model_instance const& model) const {
    auto const& input = model.engine->input();
    model_facts facts;
    facts.name = name_of(model);
    facts.platform = model.engine->describe().name;
    facts.height = input.height;
    facts.width = input.width;
    facts.classes = model.engine->classes();
    facts.max_batch_size = service_.configuration.max_batch_size;
    facts.max_queue_delay_us = service_.configuration.max_queue_delay_us;
    return facts;
}

request_rules model_directory::rules_for(serving::model_instance const& model) const {
    auto const& input = model.engine->input();
    request_rules rules;
    rules.height = input.height;
    rules.width = input.width;
    rules.classes = model.engine->classes();
    rules.images_max = static_cast<std::size_t>(service_.configuration.max_images);
    rules.image_bytes_max = static_cast<std::size_t>(service_.configuration.max_image_bytes);
    return rules;
}

endpoints::endpoints(service const& s, serving::classifier& classifier, image::decode_pool& pool)
    : models_(s),
      server_(models_, describe_server),
      live_(models_, describe_liveness),
      ready_(models_, describe_readiness),
      model_(models_, describe_model),
      model_ready_(models_, describe_model_readiness),
      config_(models_, describe_config),
      statistics_(models_, describe_statistics),
      infer_(models_, classifier, pool) {}

std::vector<http::route> endpoints::rows() {
    using http::body_kind;
    using http::verb;
    return {
        {verb::get, "/v2", body_kind::none, &server_},
        {verb::get, "/v2/", body_kind::none, &server_},
        {verb::get, "/v2/health/live", body_kind::none, &live_, http::access_rule::open},
        {verb::get, "/v2/health/ready", body_kind::none, &ready_, http::access_rule::open},
        {verb::get, "/v2/models/stats", body_kind::none, &statistics_},
        {verb::get, "/v2/models/{model}", body_kind::none, &model_},
        {verb::get, "/v2/models/{model}/versions/{version}", body_kind::none, &model_},
        {verb::get, "/v2/models/{model}/ready", body_kind::none, &model_ready_},
        {verb::get, "/v2/models/{model}/versions/{version}/ready", body_kind::none, &model_ready_},
        {verb::get, "/v2/models/{model}/config", body_kind::none, &config_},
        {verb::get, "/v2/models/{model}/versions/{version}/config", body_kind::none, &config_},
        {verb::get, "/v2/models/{model}/stats", body_kind::none, &statistics_},
        {verb::get, "/v2/models/{model}/versions/{version}/stats", body_kind::none, &statistics_},
        {verb::post, "/v2/models/{model}/infer", body_kind::document, &infer_},
        {verb::post, "/v2/models/{model}/versions/{version}/infer", body_kind::document, &infer_},
    };
}

}  // namespace sma::api::inference_protocol
